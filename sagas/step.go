package sagas

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// Step is something that a flow does to the world, and how it is undone. Its definition is data.
type Step[In, Out any] struct {
	name string
	do   func(context.Context, In) (Out, error)
	undo func(context.Context, In, Out) error
	in   bus.Codec[In]
	out  bus.Codec[Out]
	settings
	err error
}

// settings are how a step is tried.
type settings struct {
	retry     resilience.RetryPolicy
	retryUndo resilience.RetryPolicy
	timeout   time.Duration
}

// StepOption changes how a [Step] is tried. See [NewStep].
type StepOption interface{ applyStep(*settings) }

type stepOption func(*settings)

func (f stepOption) applyStep(s *settings) { f(s) }

// Retry says how often a step is tried, and how far apart. The default is [resilience.DefaultRetry]. A permanent error is
// not tried again. A plain error is, and the step may have happened. The times between attempts are kept over crashes; the
// attempt that a crash ends is made again and does not count.
func Retry(policy resilience.RetryPolicy) StepOption {
	return stepOption(func(s *settings) { s.retry = policy })
}

// RetryUndo says how often the undo of a step is tried, and how far apart, before the saga is parked for somebody to look.
// The default goes on for about a day, an hour apart in the end.
func RetryUndo(policy resilience.RetryPolicy) StepOption {
	return stepOption(func(s *settings) { s.retryUndo = policy })
}

// Timeout bounds one attempt of a step, and of its undo: its context ends then, and a second later it is not waited for any more. An
// attempt that does not come to its end may have happened. The default is 1 minute; 0 is no bound, and such a step that
// hangs holds one of its flow's [Steps] until its shard moves.
func Timeout(d time.Duration) StepOption { return stepOption(func(s *settings) { s.timeout = d }) }

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,62}$`)

// NewStep defines a step. The name is 1 to 63 of the characters a-z 0-9 . _ -, beginning with a letter; it stands in
// journals, and must not change while there are sagas. What do returns is JSON in the journal, 700,000 bytes at most. What it is
// given is made JSON and read again at each attempt, so that do and undo see it as it was when the flow asked for the step; the
// journal keeps a digest, and a flow that gives something else when it is played again is parked. So give a field that is added to
// In the tag omitempty or omitzero, or use another [Saga.Version], while there are sagas.
//
// do is called again where it is unknown whether it has happened, as after a crash, always under the same [Key]: let it do
// its work once for each key. An error that is marked by [resilience.Transient] or [resilience.Permanent] says that nothing has
// happened. After any other one it may have, as when a connection is lost before the answer.
//
// undo, which may be nil, is given what do was given and has returned, under the same key. It is called when the saga fails
// or is cancelled, again until it succeeds. Where it is not known whether do has happened once all attempts are spent, undo
// is called with the zero value of Out: let it look by the key.
func NewStep[In, Out any](
	name string, do func(context.Context, In) (Out, error), undo func(context.Context, In, Out) error, opts ...StepOption,
) *Step[In, Out] {
	s := &Step[In, Out]{name: name, do: do, undo: undo, in: bus.JSON[In](), out: bus.JSON[Out](), settings: settings{
		retry: resilience.DefaultRetry(), timeout: usualTimeout,
		retryUndo: resilience.RetryPolicy{Attempts: 32, Initial: time.Second, Max: time.Hour, Multiplier: 2, Jitter: 0.2},
	}}
	var errs []error
	for _, opt := range opts {
		if opt == nil {
			errs = append(errs, errors.New("an option is nil"))
			continue
		}
		opt.applyStep(&s.settings)
	}
	if !namePattern.MatchString(name) {
		errs = append(errs, errors.New("the name must be 1 to 63 of the characters a-z 0-9 . _ -, beginning with a letter"))
	}
	if do == nil {
		errs = append(errs, errors.New("the function is nil"))
	}
	if s.timeout < 0 {
		errs = append(errs, fmt.Errorf("time-out %s must not be negative", s.timeout))
	}
	if err := errors.Join(append(errs, unwritable[In](), unwritable[Out](), s.retry.Validate(), s.retryUndo.Validate())...); err != nil {
		s.err = fmt.Errorf("%w: step %q: %w", ErrDefinition, name, err)
	}
	return s
}

const usualTimeout = time.Minute

// Name is the step's name.
func (s *Step[In, Out]) Name() string { return s.name }

// Err says what is wrong with the definition, or nil. A saga that meets a wrong step is parked.
func (s *Step[In, Out]) Err() error { return s.err }
