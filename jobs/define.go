package jobs

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// None is the output of a handler that has nothing to say.
type None = struct{}

// Kind is a defined kind of job. It is data: what is wrong with it is in [Kind.Err], and in the error of whatever meets it first.
// It is safe for concurrent use.
type Kind[In, Out any] struct {
	*kind

	in    bus.Codec[In]
	event bus.Event[bus.Addressed[In]]
}

// kind is what a kind is apart from its types.
type kind struct {
	name        string
	queue       string
	shards      int
	retry       resilience.RetryPolicy
	timeout     time.Duration
	heartbeat   time.Duration
	retain      time.Duration
	concurrency int
	bounds      bounds
	invoke      func(context.Context, *Attempt, []byte) ([]byte, error)
	check       func([]byte) error // whether args can be read
	contract    *bus.Contract
	err         error
}

// typePrefix stands before a kind's name in the type of its records.
const typePrefix = "jobs."

// maxArgs and maxResult bound in bytes what a job is given and what is kept of it.
const (
	maxArgs   = 512 << 10
	maxResult = 128 << 10
)

var (
	kindPattern  = regexp.MustCompile(`^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*$`)
	queuePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,99}$`)
)

const maxName = 100

// Define makes a kind of job: a function that does what such a job asks for. The name is dotted lower-case segments, such as
// "mail.send", at most 100 bytes, and must not change while there are jobs. In and Out are JSON, up to 512 KiB and 128 KiB. What the handler
// returns is kept as long as [Retain] says.
//
// The handler is called again after an error, as [Retry] says, and after its node has died, so it must be harmless twice: see
// [Attempt.Key] and [Database]. Its context ends with one of the causes that are listed as errors of this package; a handler that goes
// on for more than a second after that is given up, and nothing that it returns counts.
func Define[In, Out any](name string, handle func(context.Context, *Attempt, In) (Out, error), opts ...Option) *Kind[In, Out] {
	c := config{kind: kind{name: name, queue: "default", shards: usualShards, retry: usualRetry(), timeout: usualTimeout}}
	for _, opt := range opts {
		if opt == nil {
			c.errs = append(c.errs, errors.New("an option is nil"))
			continue
		}
		opt.applyKind(&c)
	}
	k := &Kind[In, Out]{kind: &c.kind, in: bounded[In]{bus.JSON[In]()}}
	if !kindPattern.MatchString(name) || len(name) > maxName {
		c.errs = append(c.errs, errors.New("the name must be dotted lower-case segments such as mail.send, at most 100 bytes"))
	}
	if handle == nil {
		c.errs = append(c.errs, errors.New("the handler is nil"))
	}
	k.event = bus.Define(typePrefix+name, bus.Addressed[In].Recipient, bus.InTopic(inputTopic(k.queue)), bus.Aggregate(k.queue),
		bus.Partitions(k.shards), bus.Encoding(bus.Addressing(k.in)))
	k.contract = k.event.Contract()
	_, err := k.contract.Schema()
	if k.err = errors.Join(append(c.errs, k.event.Err(), err)...); k.err != nil {
		k.err = fmt.Errorf("%w: %q: %w", ErrDefinition, name, k.err)
		return k
	}
	k.check = func(args []byte) error {
		_, err := k.in.Decode(args)
		return err
	}
	k.invoke = invoke(k.kind, k.in, handle)
	return k
}

// invoke calls the handler with its types.
func invoke[In, Out any](
	k *kind, in bus.Codec[In], handle func(context.Context, *Attempt, In) (Out, error),
) func(context.Context, *Attempt, []byte) ([]byte, error) {
	out, silent := bus.JSON[Out](), reflect.TypeFor[Out]() == reflect.TypeFor[None]()
	return func(ctx context.Context, a *Attempt, args []byte) ([]byte, error) {
		given, err := in.Decode(args)
		if err != nil {
			return nil, Discard(fmt.Errorf("what the job was given cannot be read: %w", err))
		}
		result, err := handle(ctx, a, given)
		if err != nil || silent || k.retain == 0 && a.of.trial == nil && len(a.of.follows()) == 0 {
			return nil, err
		}
		raw, err := out.Encode(result)
		if err == nil && len(raw) > maxResult {
			err = fmt.Errorf("the result of %d bytes is larger than %d", len(raw), maxResult)
		}
		if err != nil {
			return nil, Discard(fmt.Errorf("what the handler has returned cannot be kept: %w", err))
		}
		return raw, nil
	}
}

// Name is the kind's name.
func (k *kind) Name() string { return k.name }

// Queue is the name of the queue that the kind's jobs go to.
func (k *kind) Queue() string { return k.queue }

// Err says what is wrong with the definition, or nil.
func (k *kind) Err() error { return k.err }

// Contract is what the kind's jobs are sent as, so that a kind is a [bus.Definition] for [bus.Bus.Verify]: in the topic
// "<queue>.jobs", under the type "jobs.<name>".
func (k *kind) Contract() *bus.Contract { return k.contract }

func (k *kind) applyRunner(c *setup) { c.kinds = append(c.kinds, k) }

// inputTopic is where a queue's jobs come in.
func inputTopic(queue string) bus.Topic { return bus.Topic(queue + inputSuffix) }

const inputSuffix = ".jobs"

// bounded refuses to write more than a row has room for.
type bounded[T any] struct{ bus.Codec[T] }

func (c bounded[T]) Encode(v T) ([]byte, error) {
	data, err := c.Codec.Encode(v)
	if err == nil && len(data) > maxArgs {
		return nil, fmt.Errorf("%w: its input of %d bytes is larger than %d: keep it elsewhere", ErrJob, len(data), maxArgs)
	}
	return data, err
}
