package sagas

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// Sleep lets the flow wait for a time, at least that long by the clock of its owner. The flow leaves the memory meanwhile. The
// error is nil, or [ErrCancelled].
func (s *Saga) Sleep(d time.Duration) error {
	return failed(s.call(&op{kind: KindSleep, after: max(d, 0)}))
}

// Signal is something that a flow waits for and that others send. Its definition is data.
type Signal[T any] struct {
	name  string
	value bus.Codec[T]
	err   error
}

// NewSignal defines a signal. Names are like those of [NewStep], and values are JSON.
func NewSignal[T any](name string) *Signal[T] {
	s := &Signal[T]{name: name, value: bus.JSON[T]()}
	if !namePattern.MatchString(name) {
		s.err = fmt.Errorf("%w: signal %q: the name must be 1 to 63 of the characters a-z 0-9 . _ -, beginning with a letter",
			ErrDefinition, name)
	}
	if err := unwritable[T](); s.err == nil && err != nil {
		s.err = fmt.Errorf("%w: signal %q: %w", ErrDefinition, name, err)
	}
	return s
}

// Name is the signal's name.
func (s *Signal[T]) Name() string { return s.name }

// Err says what is wrong with the definition, or nil.
func (s *Signal[T]) Err() error { return s.err }

// Await waits for a signal. Those that have come before are kept and are met in the order in which they came, each once. When
// no signal comes within the time, the error is [ErrTimeout]; a time of 0 has no end, and one below 0 is over at once. When the
// saga is cancelled, it is [ErrCancelled]. The flow leaves the memory meanwhile.
func Await[T any](s *Saga, signal *Signal[T], within time.Duration) (T, error) {
	var value T
	s.living()
	if signal == nil || signal.err != nil {
		s.abort("a signal is defined wrongly")
	}
	if within < 0 {
		within = 1
	}
	e := s.call(&op{kind: KindAwait, name: plain(signal.name), signal: signal.name, after: within})
	if err := failed(e); err != nil {
		return value, err
	}
	value, err := signal.value.Decode(e.Out)
	if err != nil {
		s.abort(fmt.Sprintf("the signal %q at %s cannot be read: %s", signal.name, e.At, err))
	}
	return value, nil
}

// Send sends the signal to a saga. One that does not exist, or has ended, is told of in [Flow.Refusals].
func (s *Signal[T]) Send(ctx context.Context, to bus.Publisher, flow Target, id string, value T) bus.Results {
	return to.Publish(ctx, s.New(flow, id, value))
}

// New makes the signal for a saga. Its tenant is that of the context in which it is published. A signal that comes again
// under the same id of its own is passed over, unless 15 others came between.
func (s *Signal[T]) New(flow Target, id string, value T, opts ...bus.MessageOption) bus.Message {
	if s == nil || flow == nil {
		return bus.Invalid(resilience.Permanent(fmt.Errorf("%w: the signal or the flow is nil", ErrDefinition)))
	}
	raw, err := s.value.Encode(value)
	if err == nil && len(raw) > maxResult {
		err = fmt.Errorf("sagas: the signal %q has %d bytes, and %d are allowed", s.name, len(raw), maxResult)
	}
	if err = errors.Join(s.err, err); err != nil {
		return bus.Invalid(resilience.Permanent(err))
	}
	return flow.signal(signalled{id: id, Name: s.name, Value: raw}, opts)
}

// Target is a [Flow] whose sagas are sent signals.
type Target interface {
	signal(s signalled, opts []bus.MessageOption) bus.Message
}
