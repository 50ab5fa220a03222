package claimcheck

import (
	"errors"
	"fmt"

	"github.com/millrace/millrace/resilience"
)

// Code says what is wrong with a payload that is kept in a store.
type Code string

// The codes, and what errors.Is finds in an [Error] with each.
const (
	// CodeAway: the store did not answer, or refused. It may do so later: [ErrAway], the only one of class transient.
	CodeAway Code = "claim_away"
	// CodeMissing: the object is not there: [ErrMissing].
	CodeMissing Code = "claim_missing"
	// CodeChanged: the object is not what the reference says by size and checksum: [ErrChanged].
	CodeChanged Code = "claim_changed"
	// CodeForged: the reference is to an object of another topic or tenant: [ErrForged].
	CodeForged Code = "claim_forged"
	// CodeTooLarge: the payload is larger than the limit: [ErrTooLarge].
	CodeTooLarge Code = "claim_too_large"
	// CodeFormat: the reference cannot be read: [ErrFormat].
	CodeFormat Code = "claim_format"
	// CodeTenant: the payload's tenant is none that [github.com/millrace/millrace/request.Info] takes, or it is published in a context that
	// is not that tenant's: [ErrTenant].
	CodeTenant Code = "claim_tenant"
)

// What errors.Is finds.
var (
	ErrAway     = errors.New("the store does not answer, or refuses; it is tried again: check its address, its credentials and its bucket")
	ErrMissing  = errors.New("the payload is gone from the store; restore the object, or discard the event")
	ErrChanged  = errors.New("the payload in the store is not the one that was published; restore the object, or discard the event")
	ErrForged   = errors.New("the reference is to another topic's or tenant's payload")
	ErrTooLarge = errors.New("the payload is too large; see claimcheck.Most")
	ErrFormat   = errors.New("the reference is not one that this version knows")
	ErrTenant   = errors.New("the payload's tenant cannot be one, or is another than the context's")
)

// Error says why a payload could not be put into the store or had from there. It holds nothing of the payload.
type Error struct {
	Code Code
	// Key is the object's, where there is one.
	Key string
	// Err is what is behind it, or nil.
	Err error
}

func (e *Error) sentinel() error {
	switch e.Code {
	case CodeAway:
		return ErrAway
	case CodeMissing:
		return ErrMissing
	case CodeChanged:
		return ErrChanged
	case CodeForged:
		return ErrForged
	case CodeTooLarge:
		return ErrTooLarge
	case CodeTenant:
		return ErrTenant
	case CodeFormat:
	}
	return ErrFormat
}

func (e *Error) Error() string {
	text := fmt.Sprintf("claimcheck: %s: %v", e.Code, e.sentinel())
	if e.Key != "" {
		text += " (" + e.Key + ")"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Is matches the sentinel of the code.
func (e *Error) Is(target error) bool { return target == e.sentinel() }

// Class is transient where the store is away, and permanent otherwise: such an event is a dead letter.
func (e *Error) Class() resilience.Class {
	if e.Code == CodeAway {
		return resilience.ClassTransient
	}
	return resilience.ClassPermanent
}
