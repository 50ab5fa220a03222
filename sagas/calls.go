package sagas

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

func callsTopic(flow string) bus.Topic { return bus.Topic(flow + ".calls") }
func toldTopic(flow string) bus.Topic  { return bus.Topic(flow + ".sagas") }

// calls are what sagas are sent, apart from their start. The saga's id is the record's key.
type calls struct {
	signal  bus.Event[signalled]
	cancel  bus.Event[noted]
	resume  bus.Event[noted]
	abandon bus.Event[noted]
	answer  bus.Event[answered]
}

// signalled is a signal on its way to a saga, or in its inbox.
type signalled struct {
	id    string
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
	// Record is the id of the record that it came in, where it is kept.
	Record string `json:"record,omitempty"`
	// Proof is that the token of this name was given out, and Spent that it was met.
	Proof string `json:"proof,omitempty"`
	Spent bool   `json:"spent,omitempty"`
}

// noted is a call with a reason.
type noted struct {
	id     string
	Reason string `json:"reason,omitempty"`
}

func newCalls(flow string) calls {
	in, of := bus.InTopic(callsTopic(flow)), bus.Aggregate(flow)
	note := func(verb string) bus.Event[noted] {
		return bus.Define(flow+"."+verb, func(c noted) string { return c.id }, in, of)
	}
	return calls{
		signal: bus.Define(flow+".signal", func(s signalled) string { return s.id }, in, of),
		cancel: note("cancel"), resume: note("resume"), abandon: note("abandon"),
		answer: bus.Define(flow+".answer", func(a answered) string { return a.id }, in, of),
	}
}

// Start starts a saga: through a bus, an outbox transaction, or a transaction of another shard. See [Flow.New].
func (f *Flow[In, Out]) Start(ctx context.Context, to bus.Publisher, id string, in In) bus.Results {
	return to.Publish(ctx, f.New(id, in))
}

// New makes the start of a saga. An id is text of 1 to 500 bytes without control characters; where it is empty, [IDs] names the
// saga. A saga of an id that is known, also one that has ended and is still kept, is not started again. Its tenant is that of
// the context in which it is published: sagas of two tenants have nothing to do with each other. What it is started with has at most
// 700,000 bytes of JSON.
func (f *Flow[In, Out]) New(id string, in In, opts ...bus.MessageOption) bus.Message {
	if f.err != nil {
		return bus.Invalid(resilience.Permanent(f.err))
	}
	if id == "" && f.id != nil {
		id = f.id(in)
	}
	if err := f.named(id); err != nil {
		return bus.Invalid(err)
	}
	return f.start.New(bus.Addressed[In]{To: id, Value: in}, opts...)
}

// inputCodec refuses inputs that no row would hold.
type inputCodec[In any] struct{ bus.Codec[In] }

func (c inputCodec[In]) Encode(in In) ([]byte, error) {
	raw, err := c.Codec.Encode(in)
	if err == nil && len(raw) > maxResult {
		err = resilience.Permanent(fmt.Errorf("sagas: the input has %d bytes, and %d are allowed", len(raw), maxResult))
	}
	return raw, err
}

// Cancel cancels sagas: what they wait for ends with [ErrCancelled], no step begins any more, and what was done is undone. A step
// that is under way is let to its end. A flow that returns without having waited for anything more has completed, and one that goes on is
// ended after 100 more calls.
func (f *Flow[In, Out]) Cancel(ctx context.Context, to bus.Publisher, reason string, ids ...string) bus.Results {
	return f.publish(ctx, to, f.core.calls.cancel, reason, ids)
}

// Resume lets parked sagas go on where they were, with as many attempts as at first.
func (f *Flow[In, Out]) Resume(ctx context.Context, to bus.Publisher, ids ...string) bus.Results {
	return f.publish(ctx, to, f.core.calls.resume, "", ids)
}

// Abandon ends parked sagas as they are: what is done is not undone.
func (f *Flow[In, Out]) Abandon(ctx context.Context, to bus.Publisher, reason string, ids ...string) bus.Results {
	return f.publish(ctx, to, f.core.calls.abandon, reason, ids)
}

func (c *core) publish(ctx context.Context, to bus.Publisher, call bus.Event[noted], reason string, ids []string) bus.Results {
	messages := make([]bus.Message, len(ids))
	for i, id := range ids {
		messages[i] = call.New(noted{id: id, Reason: clip(reason)})
		if err := c.named(id); err != nil {
			messages[i] = bus.Invalid(err)
		}
	}
	return to.Publish(ctx, messages...)
}

func (f *Flow[In, Out]) signal(s signalled, opts []bus.MessageOption) bus.Message {
	if err := f.named(s.id); err != nil {
		return bus.Invalid(err)
	}
	return f.core.calls.signal.New(s, opts...)
}

const maxID = 500

// named says what is wrong with a saga's id, or with its flow.
func (c *core) named(id string) error {
	if c.err != nil {
		return resilience.Permanent(c.err)
	}
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	if id == "" || len(id) > maxID || !utf8.ValidString(id) || strings.ContainsFunc(id, control) {
		return resilience.Permanent(fmt.Errorf("sagas: %s: a saga's id must be text of 1 to %d bytes without control characters", c.name, maxID))
	}
	return nil
}
