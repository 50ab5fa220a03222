package resilience

import (
	"context"
	"errors"
)

// Class says what an error means for whoever thinks of trying again.
type Class int8

const (
	// ClassTransient says that nothing happened, and the same call may succeed later.
	ClassTransient Class = iota
	// ClassPermanent says that nothing happened, and the same call fails again.
	ClassPermanent
	// ClassIndefinite says that it may have happened. Only a call that is harmless twice may be tried again.
	ClassIndefinite
)

// String is the class as logs and metrics show it.
func (c Class) String() string {
	switch c {
	case ClassPermanent:
		return "permanent"
	case ClassIndefinite:
		return "indefinite"
	case ClassTransient:
		return "transient"
	}
	return "unknown"
}

type classified struct {
	class Class
	err   error
}

func (e *classified) Error() string { return e.err.Error() }
func (e *classified) Unwrap() error { return e.err }
func (e *classified) Class() Class  { return e.class }

// Transient marks err as one of which nothing happened. A nil err stays nil.
func Transient(err error) error { return mark(err, ClassTransient) }

// Permanent marks err as one that trying again does not mend. A nil err stays nil.
func Permanent(err error) error { return mark(err, ClassPermanent) }

// Indefinite marks err as one whose effect may have happened. A nil err stays nil.
func Indefinite(err error) error { return mark(err, ClassIndefinite) }

func mark(err error, class Class) error {
	if err == nil {
		return nil
	}
	return &classified{class: class, err: err}
}

// Stated says whether an error of the chain states its class. Of one that does not, as of a connection that is lost, nobody knows
// what has happened; [ClassOf] still takes it for transient, since it is worth another attempt.
func Stated(err error) bool {
	_, stated := errors.AsType[interface {
		error
		Class() Class
	}](err)
	return stated
}

// ClassOf is the class that the outermost error of the chain with a Class method states. Without one, a cancelled or
// expired context is indefinite, since what it interrupted may have happened, and everything else is transient.
func ClassOf(err error) Class {
	if marked, ok := errors.AsType[interface {
		error
		Class() Class
	}](err); ok {
		return marked.Class()
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return ClassIndefinite
	}
	return ClassTransient
}
