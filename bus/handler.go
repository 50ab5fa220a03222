package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/resilience"
)

// handler is one contract's handling within a subscription.
type handler struct {
	contract *Contract
	invoke   func(context.Context, Record) error
	retry    resilience.RetryPolicy
	later    []time.Duration
	timeout  time.Duration
	once     *once
	err      error
}

// HandlerOption changes how one contract's events are handled. See [On].
type HandlerOption interface{ applyHandler(*handler) }

type handlerOption func(*handler)

func (f handlerOption) applyHandler(h *handler) { f(h) }

// Retry is how often a failed event is tried again in place, while later events of its key wait.
// The default is [resilience.DefaultRetry].
func Retry(p resilience.RetryPolicy) HandlerOption {
	return handlerOption(func(h *handler) { h.retry = p })
}

// RetryLater says after which delays an event that failed in place is tried again through the group's retry topic.
// Later events of its key overtake it then. The default is 10 seconds, 1 minute and 10 minutes; without a delay
// the event goes to the dead letters at once.
func RetryLater(delays ...time.Duration) HandlerOption {
	return handlerOption(func(h *handler) { h.later = delays })
}

// Timeout ends the handler's context that long after each attempt begins. The default is 1 minute.
func Timeout(d time.Duration) HandlerOption {
	return handlerOption(func(h *handler) { h.timeout = d })
}

// On handles the events of one contract. Events of other types in the same topic pass by.
//
// handle runs at least once for each event, in order for its key, in parallel across keys. An error is retried; one
// that is marked [resilience.Permanent] is not. What cannot be handled goes to the topic "<group>.dlq". A panic is an
// error like others.
func On[T any](e Event[T], handle func(context.Context, T) error, opts ...HandlerOption) SubscribeOption {
	h := &handler{
		contract: e.Contract(), err: e.Err(), retry: resilience.DefaultRetry(), timeout: time.Minute,
		later: []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute},
	}
	for _, opt := range opts {
		opt.applyHandler(h)
	}
	h.invoke = func(ctx context.Context, r Record) error {
		v, err := e.Decode(r)
		if err != nil && !errors.Is(err, ErrDecode) {
			return fmt.Errorf("%w: %w", errUnread, err)
		}
		if err != nil {
			return err
		}
		return handle(ctx, v)
	}
	h.err = errors.Join(h.err, h.check(handle == nil))
	return subscribeOption(func(s *subscription) { s.handlers = append(s.handlers, h) })
}

func (h *handler) check(missing bool) error {
	var errs []error
	if missing {
		errs = append(errs, errors.New("the handler is nil"))
	}
	if h.timeout <= 0 {
		errs = append(errs, fmt.Errorf("timeout %s must be positive", h.timeout))
	}
	for _, delay := range h.later {
		if delay <= 0 {
			errs = append(errs, fmt.Errorf("retry delay %s must be positive", delay))
		}
	}
	errs = append(errs, h.retry.Validate())
	if h.once != nil {
		errs = append(errs, h.once.check())
	}
	return errors.Join(errs...)
}

type deliveryKey struct{}

// Delivered is what a handler may ask of the event that it handles.
type Delivered struct {
	Record Record
	Group  string
	// Attempt is 1 the first time, and counts the attempts through the retry topic as well.
	Attempt int
}

// DeliveredFrom returns the event that the context's handler handles.
func DeliveredFrom(ctx context.Context) (Delivered, bool) {
	d, ok := ctx.Value(deliveryKey{}).(Delivered)
	return d, ok
}

// PanicError is the error of a handler that panicked.
type PanicError struct {
	// Value is what was passed to panic, as text.
	Value string
	// Stack is where.
	Stack string
}

func (e *PanicError) Error() string { return "handler panicked: " + e.Value }
