package sagas

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// Flow is a defined flow. It is data: what is wrong with it is in [Flow.Err], and in the error of whatever meets it first. It
// is safe for concurrent use.
type Flow[In, Out any] struct {
	*core

	fn    func(*Saga, In) (Out, error)
	id    func(In) string
	in    bus.Codec[In]
	out   bus.Codec[Out]
	start bus.Event[bus.Addressed[In]]
}

// core is what a flow is apart from its types.
type core struct {
	name string
	keep time.Duration
	due  time.Duration
	room int // for sagas in a node's memory
	most int // attempts that a node makes at once
	logs *slog.Logger
	err  error

	rows    *partitions.Table[string, head]
	journal *partitions.Table[string, page]
	inbox   *partitions.Table[string, signalled]
	active  *partitions.Table[string, uint64] // the sagas that are in the memory of the shard's owner
	queue   *partitions.Table[string, queued] // the sagas that wait for room there
	ended   *partitions.Table[string, ended]
	asking  *partitions.Table[string, []question]
	calls   calls
	ask     *partitions.Command[asked, settled]
	look    *partitions.Command[asked, Description]
	views   *partitions.Command[asked, json.RawMessage]
	past    *partitions.Command[asked, History]
	told    bus.Event[Told]
	refused bus.Event[Refused]
	waiting answers
}

var flowPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// Define makes a flow: an ordinary function that asks for what takes time by [Do], [Await] and the methods of [Saga]. Between
// that it must be the same when it is played again with the same results: it must not look at clocks, random numbers or
// variables that others change, nor begin goroutines. When it returns an error, what its steps did is undone.
//
// The name is 1 to 40 of the characters a-z 0-9 -, beginning with a letter. Topics, rows and event types are called by it, and it
// must not change while there are sagas. In and Out are JSON.
func Define[In, Out any](name string, fn func(*Saga, In) (Out, error), opts ...Option) *Flow[In, Out] {
	c := config{keep: usualKeep, room: usualRoom, steps: usualSteps}
	for _, opt := range opts {
		if opt == nil {
			c.errs = append(c.errs, errors.New("an option is nil"))
			continue
		}
		opt.applyFlow(&c)
	}
	of := &core{name: name, keep: c.keep, due: c.deadline, logs: c.log, room: c.room, most: c.steps}
	f := &Flow[In, Out]{core: of, fn: fn, in: inputCodec[In]{bus.JSON[In]()}, out: bus.JSON[Out]()}
	if !flowPattern.MatchString(name) {
		c.errs = append(c.errs, errors.New("the name must be 1 to 40 of the characters a-z 0-9 -, beginning with a letter"))
	}
	if fn == nil {
		c.errs = append(c.errs, errors.New("the function is nil"))
	}
	if c.id != nil {
		var fits bool
		if f.id, fits = c.id.(func(In) string); !fits {
			c.errs = append(c.errs, errors.New("IDs: the function is for another input"))
		}
	}
	f.err = errors.Join(append(c.errs, unwritable[In](), unwritable[Out]())...)
	if f.err == nil {
		f.define()
		f.start = bus.Define(name+".start", bus.Addressed[In].Recipient,
			bus.InTopic(callsTopic(name)), bus.Aggregate(name), bus.Encoding(bus.Addressing(f.in)))
		f.err = errors.Join(f.start.Err(), f.told.Err())
	}
	if f.err != nil {
		f.err = fmt.Errorf("%w: %q: %w", ErrDefinition, name, f.err)
	}
	return f
}

// unwritable says that values of a type have no JSON.
func unwritable[T any]() error {
	var value T
	_, err := json.Marshal(value)
	if unsupported, is := errors.AsType[*json.UnsupportedTypeError](err); is {
		return unsupported
	}
	return nil
}

// define makes the parts of a flow.
func (c *core) define() {
	part := func(suffix string) string { return partPrefix + c.name + suffix }
	c.rows = partitions.NewTable[string, head](part(""), partitions.Values(storedBy(writeHead)))
	c.journal = partitions.NewTable[string, page](part(".journal"), partitions.Values(storedBy(writePage)))
	c.inbox = partitions.NewTable[string, signalled](part(".inbox"))
	c.active = partitions.NewTable[string, uint64](part(".active"), partitions.Values[uint64](activations{bus.JSON[uint64]()}))
	c.queue = partitions.NewTable[string, queued](part(".queue"))
	c.ended = partitions.NewTable[string, ended](part(".ended"), partitions.Values(storedBy(writeEnded)), partitions.TTL(c.keep))
	c.asking = partitions.NewTable[string, []question](part(".asking"), partitions.Values(storedBy(writeQuestions)), partitions.TTL(askedFor))
	c.ask = partitions.NewCommand[asked, settled](part(".result"), func(a asked) string { return a.ID })
	c.look = partitions.NewCommand[asked, Description](part(".describe"), func(a asked) string { return a.ID })
	c.views = partitions.NewCommand[asked, json.RawMessage](part(".view"), func(a asked) string { return a.ID })
	c.past = partitions.NewCommand[asked, History](part(".history"), func(a asked) string { return a.ID })
	c.calls = newCalls(c.name)
	c.told = bus.Define(c.name+".told", func(t Told) string { return t.ID }, bus.InTopic(toldTopic(c.name)), bus.Aggregate(c.name),
		bus.Encoding(storedBy(writeTold)))
	c.refused = bus.Define(c.name+".refused", func(r Refused) string { return r.ID }, bus.InTopic(toldTopic(c.name)), bus.Aggregate(c.name))
}

// logger is asked for when there is something to log: what is the default may be set after flows are defined.
func (c *core) logger() *slog.Logger { return cmp.Or(c.logs, slog.Default()) }

// Name is the flow's name.
func (f *Flow[In, Out]) Name() string { return f.name }

// Err says what is wrong with the definition, or nil.
func (f *Flow[In, Out]) Err() error { return f.err }

// Contracts are what the flow is sent and what it tells, for [bus.Bus.Verify]: the topics "<name>.calls" and "<name>.sagas". A
// wrong definition has none.
func (f *Flow[In, Out]) Contracts() []bus.Definition {
	if f.err != nil {
		return nil
	}
	return []bus.Definition{f.start, f.calls.signal, f.calls.cancel, f.calls.resume, f.calls.abandon, f.calls.answer, f.told, f.refused}
}

// Told is the event that tells of each saga's beginning, steps and end.
func (f *Flow[In, Out]) Told() bus.Event[Told] { return f.told }

// Refusals is the event that tells of what came for a saga that does not exist or has ended.
func (f *Flow[In, Out]) Refusals() bus.Event[Refused] { return f.refused }

// Part is what a [partitions.Group] is given to run the flow's sagas. What they are sent comes in the topic "<name>.calls", which
// has as many partitions as the group's other inputs. What bounds the sagas in
// a node's memory, and what they do at once, are [Room] and [Steps].
func (f *Flow[In, Out]) Part() partitions.Option {
	if f.err != nil {
		return partitions.Invalid(f.err)
	}
	n := &runner{
		core: f.core, invoke: f.invoke, turns: make(chan struct{}, turnsAtOnce), steps: newAttempts(f.most),
		desks: make(map[int32]*desk),
	}
	n.timers = partitions.NewTimer(partPrefix+f.name+".timers", n.fire)
	return partitions.Options(
		partitions.Use(n.rows, n.journal, n.inbox, n.active, n.queue, n.ended, n.asking, n.timers, statuses, ends, slow, untold),
		partitions.On(f.start, func(tx *partitions.Tx, s bus.Addressed[In]) error { return n.start(tx, bytes.Clone(s.Raw)) }),
		partitions.On(n.calls.signal, n.signalled), partitions.On(n.calls.cancel, n.cancel),
		partitions.On(n.calls.resume, n.resume), partitions.On(n.calls.abandon, n.abandon),
		partitions.On(n.calls.answer, n.answered),
		partitions.Answer(n.ask, n.answer), partitions.Answer(n.look, n.describe), partitions.Answer(n.past, n.historyOf),
		partitions.Answer(n.views, n.view),
		partitions.Opened(n.opened), partitions.TenantsApart(callsTopic(f.name)),
	)
}

// invoke plays the flow.
func (f *Flow[In, Out]) invoke(s *Saga, raw json.RawMessage) (json.RawMessage, error) {
	in, err := f.in.Decode(raw)
	if err != nil {
		s.abort("what the saga was started with cannot be read: " + err.Error())
	}
	out, err := f.fn(s, in)
	if again, is := errors.AsType[*againError](err); is {
		return nil, f.renewed(s, again)
	}
	if err != nil {
		return nil, err
	}
	return encoded(f.out.Encode(out))
}
