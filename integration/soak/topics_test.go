package soak_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/millrace/millrace/bus"
)

// reader tells an oracle what is on the topics, each record once.
type reader struct {
	bus    *bus.Bus
	oracle *oracle
	feed   *feed
	chores *choreFeed

	lampOracle  *lampOracle
	bankOracle  *bankOracle
	choreOracle *choreOracle
	hookOracle  *hookOracle
	at          map[bus.Topic]map[bus.Partition]int64 // from where to read on
	acked       map[place]acked                       // acknowledged steps that were not met yet; Token is the offset

	slowest time.Duration // from a step to its effect
}

func newReader(b *bus.Bus, o *oracle, f *feed, c *choreFeed, h *hookOracle) *reader {
	return &reader{
		bus: b, oracle: o, feed: f, chores: c, lampOracle: newLampOracle(o.breaks), bankOracle: newBankOracle(o.breaks),
		choreOracle: newChoreOracle(o.breaks), hookOracle: h, at: make(map[bus.Topic]map[bus.Partition]int64), acked: make(map[place]acked),
	}
}

// read reads all topics to their ends: the input first, and then what was made of it.
func (r *reader) read(ctx context.Context) error {
	for _, a := range r.feed.acked {
		r.acked[place{a.shard, a.offset}] = a
	}
	r.feed.acked = nil
	for topic, tell := range map[bus.Topic]func(bus.Record) error{inputs: r.input, changelog: r.logged} {
		if err := r.rest(ctx, topic, tell); err != nil {
			return err
		}
	}
	if err := r.rest(ctx, outputs, r.output); err != nil {
		return err
	}
	for _, a := range r.acked {
		r.oracle.breaks("input %d@%d: step %d of %s was acknowledged and is not there", a.shard, a.offset, a.N, a.Key)
	}
	clear(r.acked)
	if err := r.lamps(ctx); err != nil {
		return err
	}
	if err := r.transfers(ctx); err != nil {
		return err
	}
	if err := r.duties(ctx); err != nil {
		return err
	}
	return r.hooks(ctx)
}

// rest reads what has come to a topic since the last time.
func (r *reader) rest(ctx context.Context, topic bus.Topic, tell func(bus.Record) error) error {
	next := r.at[topic]
	if next == nil {
		next = make(map[bus.Partition]int64)
		r.at[topic] = next
	}
	passed := bus.Passed(func(p bus.Partition, offset int64) { next[p] = offset + 1 })
	for record, err := range r.bus.Read(ctx, topic, bus.From(next), bus.UntilEnd(), passed) {
		if err == nil {
			err = tell(record)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", topic, err)
		}
	}
	return ctx.Err()
}

func (r *reader) input(record bus.Record) error {
	s, err := stepped.Decode(record)
	if err != nil {
		return err
	}
	r.oracle.stepped(int32(record.Partition), record.Offset, s)
	at := place{int32(record.Partition), record.Offset}
	if a, ok := r.acked[at]; ok && a.step == s {
		delete(r.acked, at)
	}
	return nil
}

func (r *reader) logged(record bus.Record) error {
	r.oracle.logged(int32(record.Partition), record.Offset, string(record.Key), record.Value)
	return nil
}

func (r *reader) output(record bus.Record) error {
	shard := int32(record.Partition)
	switch record.Type() {
	case wasCount.Contract().Name():
		c, err := wasCount.Decode(record)
		if err == nil {
			r.oracle.counted(shard, record.Offset, c)
			r.slowest = max(r.slowest, record.Time.Sub(time.UnixMilli(c.Sent)))
		}
		return err
	case wasFired.Contract().Name():
		f, err := wasFired.Decode(record)
		if err == nil {
			r.oracle.fired(shard, record.Offset, f)
		}
		return err
	default:
		i, err := wasIdle.Decode(record)
		if err == nil {
			r.oracle.idled(shard, record.Offset, i)
		}
		return err
	}
}

// dump writes the topics into the directory, one JSON object a line, for whoever looks for the cause.
func (r *reader) dump(ctx context.Context, dir string) error {
	for _, topic := range []bus.Topic{
		inputs, outputs, changelog, lampEvents, lampTransitions, lampGroup + ".changelog", transferCalls, transferTold, bankGroup + ".changelog",
		choreEvents, choreTold, "jobs." + choreQueue + ".changelog",
		hookEvents, hookDeliveries, hookTold,
	} {
		file, err := os.Create(filepath.Join(dir, string(topic)+".jsonl"))
		if err != nil {
			return err
		}
		lines := json.NewEncoder(file)
		for record, err := range r.bus.Read(ctx, topic, bus.Earliest, bus.UntilEnd()) {
			if err == nil {
				err = lines.Encode(map[string]any{
					"partition": record.Partition, "offset": record.Offset, "time": record.Time,
					"key": string(record.Key), "value": string(record.Value), "deleted": record.Value == nil,
				})
			}
			if err != nil {
				return err
			}
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}
