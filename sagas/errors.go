package sagas

import (
	"errors"
	"fmt"

	"github.com/millrace/millrace/resilience"
)

var (
	// ErrDefinition is found in the error of a flow, step or signal that is defined wrongly.
	ErrDefinition = errors.New("sagas: definition")
	// ErrCancelled is what a flow is told by whatever it waits for once its saga is cancelled, and what each further step
	// ends with; also a branch of [First] when another one has won.
	ErrCancelled = errors.New("sagas: cancelled")
	// ErrTimeout is what [Await] ends with when the time is over and no signal has come.
	ErrTimeout = errors.New("sagas: the time is over")
	// ErrTooLarge is found in the error of a step or a flow whose result is larger than a record can hold.
	ErrTooLarge = errors.New("sagas: the result is too large")
	// ErrNotFound is found in the error of a question about a saga that was not started, or has been forgotten.
	ErrNotFound = errors.New("sagas: there is no such saga")
	// ErrSelf is found in the error of a [Call] by which a saga calls itself, or one that waits for it.
	ErrSelf = errors.New("sagas: a saga calls itself")
	// ErrCut is found in the error of [Flow.Play] of a history of which parts are left out.
	ErrCut = errors.New("sagas: parts of the history are left out")
	// ErrFailed is found in the error of the result of a saga that has failed.
	ErrFailed = errors.New("sagas: failed")
)

// StepError is why a step has failed, as it is stored: it is the same when the flow is played again.
type StepError struct {
	Step string
	// Message is the error's text.
	Message string
	// Attempts is how often the step was tried, by the attempts that are known of.
	Attempts int
	// Unknown says that the step's effect may have happened. Its undo is called, if the saga fails.
	Unknown bool
	kind    string
}

func (e *StepError) Error() string {
	return fmt.Sprintf("sagas: step %s failed after %d attempts: %s", e.Step, e.Attempts, e.Message)
}

// Class is permanent, or indefinite where the effect may have happened.
func (e *StepError) Class() resilience.Class {
	if e.Unknown {
		return resilience.ClassIndefinite
	}
	return resilience.ClassPermanent
}

// Is makes it [ErrTooLarge] or [ErrCancelled] where that is the reason.
func (e *StepError) Is(target error) bool {
	return target == ErrTooLarge && e.kind == FailedTooLarge || target == ErrCancelled && (e.kind == FailedCancelled || e.kind == FailedLost)
}

// FailedError says how a saga has ended that did not complete.
type FailedError struct {
	Flow   string
	ID     string
	Status Status
	// Reason is the flow's error, or what was said when it was cancelled or abandoned.
	Reason string
}

func (e *FailedError) Error() string {
	return fmt.Sprintf("sagas: %s %q is %s: %s", e.Flow, e.ID, e.Status, e.Reason)
}

// Is makes it an [ErrFailed].
func (e *FailedError) Is(target error) bool { return target == ErrFailed }

// Class is permanent.
func (e *FailedError) Class() resilience.Class { return resilience.ClassPermanent }
