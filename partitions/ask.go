package partitions

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/propagation"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// Ask sends a command to the shard of its key, wherever that is, and returns the answer once its transaction is
// committed. A [Group] must be in [Group.Run], and its node may be a client, of weight 0; who is no node asks [Outside]. The command is a
// record: it waits while its shard has no owner, and is done exactly once also where ctx ends first, which is an error of class
// indefinite. A refusal is an [*AskError]. Asking again is another command, unless [Once] names both.
func Ask[In, Out any](ctx context.Context, of Asked, command *Command[In, Out], in In, opts ...AskOption) (Out, error) {
	var out Out
	if command == nil || command.key == nil {
		return out, resilience.Permanent(errors.New("partitions: the command and its key must not be nil"))
	}
	q, err := inquiryOf(command, in, opts)
	if err != nil {
		return out, err
	}
	way, err := of.questions(q, command)
	if err != nil {
		return out, err
	}
	answered, err := way.ask(ctx, q)
	if err != nil {
		return out, fmt.Errorf("partitions: ask %s: %w", command.name, err)
	}
	if code, refused := answered.Headers.Get(headerError); refused {
		return out, &AskError{Command: command.name, Code: code, Message: string(answered.Value)}
	}
	if out, err = command.out.Decode(answered.Value); err != nil {
		return out, resilience.Permanent(fmt.Errorf("partitions: the answer of %s cannot be read: %w", command.name, err))
	}
	return out, nil
}

// Asked is what a command is asked of: a [Group] that this process runs, or [Outside].
type Asked interface {
	questions(q *inquiry, definition any) (questioner, error)
}

// questioner sends commands and waits for their answers.
type questioner interface {
	ask(ctx context.Context, q *inquiry) (bus.Record, error)
}

func (g *Group) questions(q *inquiry, definition any) (questioner, error) {
	e, err := g.running()
	if err != nil {
		return nil, err
	}
	if e.config.commands[q.command] != definition {
		return nil, resilience.Permanent(fmt.Errorf("partitions: group %q does not know the command: pass it to partitions.Answer", e.config.name))
	}
	if q.once != "" && e.config.remembers[q.command] == 0 {
		return nil, resilience.Permanent(fmt.Errorf("partitions: group %q does not remember answers of %s: pass partitions.Remember to its Answer",
			e.config.name, q.command))
	}
	return e.asker, nil
}

// asker waits for answers in one partition of the group's answers. Other nodes' answers in it are passed over.
type asker struct {
	engine    *engine
	client    *kgo.Client
	partition int32

	mu      sync.Mutex
	waiting map[string]chan *kgo.Record
}

// newAsker notes where the partition ends: all answers to what is asked from now on come after that.
func newAsker(ctx context.Context, e *engine) (*asker, error) {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(e.prefix))
	a := &asker{engine: e, partition: int32(hash.Sum32() % uint32(e.count)), waiting: make(map[string]chan *kgo.Record)} //nolint:gosec // below count
	topic := e.config.answerTopic()
	ends, err := e.admin.ListEndOffsets(ctx, topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("where %s ends: %w", topic, err)
	}
	end, _ := ends.Lookup(topic, a.partition)
	a.client, err = e.bus.Client(
		kgo.MetadataMinAge(clientMetadataAge),
		kgo.FetchMaxWait(500*time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtEnd()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {a.partition: kgo.NewOffset().At(end.Offset)}}),
	)
	return a, err
}

// run hands answers to those who wait for them until ctx ends.
func (a *asker) run(ctx context.Context) error {
	for ctx.Err() == nil {
		fetches := a.client.PollFetches(ctx)
		for _, failed := range fetches.Errors() {
			if ctx.Err() == nil && !errors.Is(failed.Err, context.Canceled) {
				if err := a.engine.fetchError(failed); err != nil {
					return err
				}
			}
		}
		a.mu.Lock()
		fetches.EachRecord(func(r *kgo.Record) {
			id := a.engine.bus.Received(r).ID()
			if answered := a.waiting[id]; answered != nil {
				delete(a.waiting, id)
				answered <- r
			}
		})
		a.mu.Unlock()
	}
	return nil
}

// close ends the asker, of which there is none in a group without commands.
func (a *asker) close() {
	if a != nil && a.client != nil {
		a.client.Close()
	}
}

func (a *asker) ask(ctx context.Context, q *inquiry) (bus.Record, error) {
	id, answered := uuid.NewString(), make(chan *kgo.Record, 1)
	a.mu.Lock()
	a.waiting[id] = answered
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.waiting, id)
	}()
	record := q.record(ctx, a.engine.config.commandTopic(), id, a.partition)
	if err := a.engine.bus.Publish(ctx, record.Message()).Err(); err != nil {
		return bus.Record{}, err
	}
	select {
	case r := <-answered:
		return a.engine.bus.Received(r), nil
	case <-ctx.Done():
		return bus.Record{}, resilience.Indefinite(fmt.Errorf("the command goes on: %w", context.Cause(ctx)))
	case <-a.engine.life.Done():
		return bus.Record{}, resilience.Indefinite(errStopped)
	}
}

// record is the question as it is sent, to be answered to a partition of the group's answers.
func (q *inquiry) record(ctx context.Context, topic, id string, to int32) bus.Record {
	record := bus.Record{
		Topic: bus.Topic(topic), Key: []byte(q.key), Value: q.value,
		Headers: bus.Headers{
			{Key: bus.HeaderID, Value: []byte(id)},
			{Key: bus.HeaderType, Value: []byte(q.event())},
			{Key: headerAnswerTo, Value: strconv.AppendInt(nil, int64(to), 10)},
		},
	}
	if q.once != "" {
		record.Headers = append(record.Headers, bus.Header{Key: headerOnce, Value: []byte(q.once)})
	}
	request.Kafka().Inject(ctx, (*asked)(&record.Headers))
	propagation.TraceContext{}.Inject(ctx, (*asked)(&record.Headers))
	return record
}

// asked are a command's headers as what a request is written into.
type asked bus.Headers

func (h *asked) Get(key string) string {
	value, _ := bus.Headers(*h).Get(key)
	return value
}

func (h *asked) Keys() (keys []string) {
	for _, header := range *h {
		keys = append(keys, header.Key)
	}
	return keys
}

func (h *asked) Set(key, value string) { *h = append(*h, bus.Header{Key: key, Value: []byte(value)}) }
