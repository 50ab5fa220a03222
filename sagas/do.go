package sagas

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/millrace/millrace/resilience"
)

// Do lets a step happen, and returns once its result is known. When the flow is played again the result comes from the
// journal. A step that has failed is a [*StepError]; a flow may go on with something else then. Once the saga is cancelled no
// step begins, and the error is [ErrCancelled].
func Do[In, Out any](s *Saga, step *Step[In, Out], in In) (Out, error) {
	s.living()
	if step == nil || step.err != nil {
		s.abort("a step is defined wrongly: " + wrong(step))
	}
	raw, err := step.in.Encode(in)
	if err != nil {
		s.abort(fmt.Sprintf("the input of step %s cannot be encoded: %s", step.name, err))
	}
	e := s.call(&op{
		kind: KindStep, name: step.name, settings: step.settings, in: func() any { return in }, given: digest("", raw),
		attempt: func(ctx context.Context) (json.RawMessage, error) { return step.try(ctx, raw) },
	})
	var out Out
	if e.Failed == nil {
		if out, err = step.out.Decode(e.Out); err != nil {
			s.abort(fmt.Sprintf("the result of step %s at %s cannot be read: %s", step.name, e.At, err))
		}
	}
	if step.undo != nil && (e.Failed == nil || e.Failed.Unknown) {
		s.run.undoable(e, step.undoing(raw, e))
	}
	return out, failed(e)
}

// try does the step, with its input as it was when the flow asked for it.
func (s *Step[In, Out]) try(ctx context.Context, raw json.RawMessage) (json.RawMessage, error) {
	in, err := s.in.Decode(raw)
	if err != nil {
		return nil, resilience.Permanent(fmt.Errorf("the input cannot be read: %w", err))
	}
	out, err := s.do(ctx, in)
	if err != nil {
		return nil, err
	}
	return encoded(s.out.Encode(out))
}

// undoing undoes the step, with its input as it was when the flow asked for it.
func (s *Step[In, Out]) undoing(raw json.RawMessage, e Entry) *op {
	read := func() (in In, out Out, err error) {
		if in, err = s.in.Decode(raw); err == nil && e.Failed == nil {
			out, err = s.out.Decode(e.Out)
		}
		return in, out, err
	}
	return &op{
		name: s.name, settings: s.settings,
		in:  func() any { in, _, _ := read(); return in },
		out: func() any { _, out, _ := read(); return out },
		attempt: func(ctx context.Context) (json.RawMessage, error) {
			in, out, err := read()
			if err != nil {
				return nil, resilience.Permanent(err)
			}
			return nil, s.undo(ctx, in, out)
		},
	}
}

func wrong[In, Out any](step *Step[In, Out]) string {
	if step == nil {
		return "it is nil"
	}
	return step.err.Error()
}

// maxResult is the largest result: a row holds it with what stands around it.
const maxResult = 700_000

func encoded(out []byte, err error) (json.RawMessage, error) {
	if err != nil {
		return nil, &lostError{err: fmt.Errorf("the result cannot be encoded: %w", err)}
	}
	if len(out) > maxResult {
		return nil, &lostError{kind: FailedTooLarge, err: fmt.Errorf("the result has %d bytes, and %d are allowed", len(out), maxResult)}
	}
	return out, nil
}

// lostError is of something that has happened, and whose result cannot be kept.
type lostError struct {
	kind string
	err  error
}

func (e *lostError) Error() string { return e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

// failed is an entry's error.
func failed(e Entry) error {
	switch {
	case e.Failed == nil:
		return nil
	case e.Failed.Kind == FailedTimeout:
		return ErrTimeout
	case (e.Failed.Kind == FailedCancelled || e.Failed.Kind == FailedLost) && e.Kind != KindStep:
		return ErrCancelled
	case e.Kind == KindCall && e.Failed.Kind == FailedSelf:
		return resilience.Permanent(fmt.Errorf("%w: %s", ErrSelf, e.Failed.Message))
	case e.Kind == KindCall:
		return &FailedError{Flow: e.Name, Status: Status(e.Failed.Kind), Reason: e.Failed.Message}
	default:
		return &StepError{
			Step: e.Name, Message: e.Failed.Message, Attempts: e.Failed.Attempts, Unknown: e.Failed.Unknown, kind: e.Failed.Kind,
		}
	}
}
