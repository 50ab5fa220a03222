package resilience

import (
	"errors"
	"fmt"
	"time"
)

// Code says which part of a [Policy] ended a call.
type Code string

// The codes, each with its sentinel.
const (
	CodeOpen    Code = "open"
	CodeFull    Code = "full"
	CodeLimited Code = "limited"
	CodeBudget  Code = "budget"
	CodeTimeout Code = "timeout"
)

// Each is found by errors.Is in the error of a call that a [Policy] ended.
var (
	// ErrOpen: the breaker is open, and the call was not made.
	ErrOpen = errors.New("resilience: circuit open")
	// ErrFull: all places of the bulkhead are taken, and the call was not made.
	ErrFull = errors.New("resilience: bulkhead full")
	// ErrLimited: more calls run than the adaptive limit allows, and the call was not made.
	ErrLimited = errors.New("resilience: adaptive limit reached")
	// ErrBudget: the call failed, and the budget has nothing left for another attempt.
	ErrBudget = errors.New("resilience: retry budget spent")
	// ErrTimeout: an attempt, or the call as a whole, has taken too long. It may have happened.
	ErrTimeout = errors.New("resilience: timeout")
)

func (c Code) sentinel() error {
	switch c {
	case CodeOpen:
		return ErrOpen
	case CodeFull:
		return ErrFull
	case CodeLimited:
		return ErrLimited
	case CodeBudget:
		return ErrBudget
	case CodeTimeout:
		return ErrTimeout
	}
	return nil
}

// Error is a call that a [Policy] ended.
type Error struct {
	// Policy is the policy's name.
	Policy string
	// Code says which part of it ended the call.
	Code Code
	// After is when another call may fare better; 0 where that is not known.
	After time.Duration
	// Err is how the last attempt failed; nil where there was none.
	Err error
}

// Error names the policy, what ended the call and how its last attempt failed.
func (e *Error) Error() string {
	text := fmt.Sprintf("%v for %q", e.Code.sentinel(), e.Policy)
	if e.After > 0 {
		text += fmt.Sprintf(": try again in %s", e.After.Round(time.Millisecond))
	}
	if e.Err != nil {
		text += ": the last attempt: " + e.Err.Error()
	}
	return text
}

// Is finds the code's sentinel.
func (e *Error) Is(target error) bool { return target == e.Code.sentinel() }

// Unwrap is how the last attempt failed.
func (e *Error) Unwrap() error { return e.Err }

// RetryAfter is e.After.
func (e *Error) RetryAfter() time.Duration { return e.After }

// Class is that of the last attempt. Where there was none, nothing has happened, unless the time ran out.
func (e *Error) Class() Class {
	switch {
	case e.Code == CodeTimeout:
		return ClassIndefinite
	case e.Err != nil:
		return ClassOf(e.Err)
	}
	return ClassTransient
}

// refused says whether a policy refused an attempt before it was made.
func refused(err error) bool {
	own, ok := errors.AsType[*Error](err)
	return ok && (own.Code == CodeOpen || own.Code == CodeFull || own.Code == CodeLimited)
}

// wantedDelay is how long an error asks to be left alone, by a method RetryAfter.
func wantedDelay(err error) time.Duration {
	if asks, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err); ok {
		return asks.RetryAfter()
	}
	return 0
}
