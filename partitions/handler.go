package partitions

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/millrace/millrace/bus"
)

// handler is what is done with one kind of record.
type handler struct {
	name   string
	invoke func(*Tx) error
	// refers says how many bytes of a record stand elsewhere, and fetch has them: what it returns handles that record. An error says that they
	// cannot be had now. Both are nil where records are whole.
	refers func(bus.Record) (size int64, elsewhere bool)
	fetch  func(context.Context, bus.Record) (invoke func(*Tx) error, err error)
}

// topicHandlers are the handlers of one topic, by event type; anything is for all types that have none of their own, and fetching are those whose
// records may stand elsewhere.
type topicHandlers struct {
	byType   map[string]*handler
	anything *handler
	fetching []*handler
}

func (t *topicHandlers) of(r *bus.Record) *handler {
	if t == nil {
		return nil
	}
	if len(t.byType) == 0 {
		return t.anything
	}
	if h := t.byType[r.Type()]; h != nil {
		return h
	}
	return t.anything
}

// On handles the events of one contract, each in the transaction of its shard and in the order of its partition. Events
// of other types in the same topic pass by.
//
// handle is called again with the same event when a transaction could not commit; nothing that it did through the Tx
// remains then. It must not block: outside work belongs into [Tx.Go]. An error is tried again as [Retry] says, then
// [OnPoison] decides. A panic is an error like others. What the event's codec cannot read now, by an error that it states to be transient, is no
// attempt: the record and those behind it wait, of all shards of its lane. What stands elsewhere than in the record, by a [bus.Fetcher], is fetched
// before the record's transaction begins: what is behind it in its partition waits for that, and nothing else.
func On[T any](e bus.Event[T], handle func(*Tx, T) error) Option {
	return option(func(c *config) {
		if err := e.Err(); err != nil || handle == nil {
			c.errs = append(c.errs, errors.Join(err, missing(handle == nil, "On: the handler of %s is nil", e.Contract().Name())))
			return
		}
		name := e.Contract().Name()
		handlers := c.topic(e.Contract().Topic())
		if handlers.byType[name] != nil {
			c.errs = append(c.errs, fmt.Errorf("%s has two handlers; one group handles a type once", name))
		}
		h := &handler{name: name, invoke: reading(e, handle)}
		if _, fetches := e.Codec().(bus.Fetcher[T]); fetches {
			h.refers, h.fetch = e.Refers, fetching(e, handle)
			handlers.fetching = append(handlers.fetching, h)
		}
		handlers.byType[name] = h
	})
}

// reading handles an event that is read within the transaction.
func reading[T any](e bus.Event[T], handle func(*Tx, T) error) func(*Tx) error {
	return func(tx *Tx) error {
		v, err := e.Decode(tx.record)
		switch {
		case err == nil:
			return handle(tx, v)
		case errors.Is(err, bus.ErrDecode):
			return err
		}
		return fmt.Errorf("%w: %w", errUnread, err)
	}
}

// fetching has what an event's record refers to. What can never be had is an error of the handling.
func fetching[T any](e bus.Event[T], handle func(*Tx, T) error) func(context.Context, bus.Record) (func(*Tx) error, error) {
	return func(ctx context.Context, r bus.Record) (invoke func(*Tx) error, err error) {
		fails := func(err error) func(*Tx) error { return func(*Tx) error { return err } }
		defer func() {
			if v := recover(); v != nil {
				invoke, err = fails(&bus.PanicError{Value: fmt.Sprint(v), Stack: string(debug.Stack())}), nil
			}
		}()
		fetched, err := e.Fetch(ctx, r)
		switch {
		case errors.Is(err, bus.ErrDecode):
			return fails(err), nil
		case err != nil:
			return nil, err
		}
		return reading(fetched, handle), nil
	}
}

// OnRecord handles all records of a topic that no [On] takes, as they are.
func OnRecord(topic bus.Topic, handle func(*Tx, bus.Record) error) Option {
	return option(func(c *config) {
		handlers := c.topic(topic)
		switch {
		case handle == nil:
			c.errs = append(c.errs, fmt.Errorf("OnRecord: the handler of %s is nil", topic))
		case handlers.anything != nil:
			c.errs = append(c.errs, fmt.Errorf("topic %s has two handlers for all records", topic))
		}
		handlers.anything = &handler{name: string(topic), invoke: func(tx *Tx) error { return handle(tx, tx.record) }}
	})
}

// Opened calls f whenever this node has taken a shard, before anything else happens on it, in a transaction of the
// shard. It is where outside work that was under way elsewhere is begun again.
func Opened(f func(*Tx) error) Option {
	return option(func(c *config) {
		c.errs = append(c.errs, missing(f == nil, "Opened: the function is nil"))
		c.opened = append(c.opened, f)
	})
}

func (c *config) topic(name bus.Topic) *topicHandlers {
	if c.handlers[name] == nil {
		c.handlers[name] = &topicHandlers{byType: make(map[string]*handler)}
	}
	return c.handlers[name]
}

func missing(is bool, text string, args ...any) error {
	if is {
		return fmt.Errorf(text, args...)
	}
	return nil
}
