package partitions

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// Outside is a group that this process does not run, as what [Ask] asks: for an operator's tool, or a server that is no node. Nothing moves
// for it. Each question looks up where answers end and reads from there, some milliseconds more than on a node. It needs the rights to
// write the topic "<group>.commands" and read "<group>.answers". A group that has never run, or answers no commands, is [bus.ErrNoTopic].
func Outside(b *bus.Bus, group string) Asked { return &outside{bus: b, names: config{name: group}} }

type outside struct {
	bus   *bus.Bus
	names config
}

func (o *outside) questions(*inquiry, any) (questioner, error) {
	if o.bus == nil {
		return nil, resilience.Permanent(errors.New("partitions: the bus must not be nil"))
	}
	return o, nil
}

func (o *outside) ask(ctx context.Context, q *inquiry) (bus.Record, error) {
	answers := bus.Topic(o.names.answerTopic())
	ends, err := o.bus.Offsets(ctx, answers, bus.Latest)
	if err != nil {
		return bus.Record{}, err
	}
	id := uuid.NewString()
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(id))
	to := bus.Partition(hash.Sum32() % uint32(len(ends))) //nolint:gosec // as many as partitions
	record := q.record(ctx, o.names.commandTopic(), id, int32(to))
	if err := o.bus.Publish(ctx, record.Message()).Err(); err != nil {
		return bus.Record{}, err
	}
	for answer, err := range o.bus.Read(ctx, answers, bus.Only(to), bus.From(ends)) {
		if err != nil {
			return bus.Record{}, resilience.Indefinite(fmt.Errorf("the command goes on: %w", err))
		}
		if answer.ID() == id {
			return answer, nil
		}
	}
	return bus.Record{}, resilience.Indefinite(fmt.Errorf("the command goes on: %w", context.Cause(ctx)))
}
