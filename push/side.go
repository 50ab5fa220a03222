package push

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// side is a topic of one partition beside the broadcast, which hubs read too.
type side struct {
	topic   bus.Topic
	configs map[string]string
	from    bus.Start
	take    func(bus.Record)
	current func() // all that there was has been taken, at the beginning and after each failure
	begins  func() // what is before the beginning is not taken: at first, and where some was removed that had not been taken
}

// aside reads a side topic until ctx ends.
func (h *Hub) aside(ctx context.Context, s side) {
	next := make(map[bus.Partition]int64)
	pause := resilience.RetryPolicy{Attempts: 1, Initial: 200 * time.Millisecond, Max: 5 * time.Second, Multiplier: 2, Jitter: 0.5}
	for failures := 1; ctx.Err() == nil; failures++ {
		began := time.Now()
		err := h.readAside(ctx, s, next)
		if err != nil && ctx.Err() == nil {
			h.settings.logger.WarnContext(ctx, "push: a topic cannot be read; reading again", "topic", s.topic, "error", err)
		}
		if errors.Is(err, bus.ErrOffset) {
			clear(next)
		}
		if time.Since(began) > calm {
			failures = 1
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause.Delay(failures)):
		}
	}
}

// readAside reads from where an earlier reading has ended.
func (h *Hub) readAside(ctx context.Context, s side, next map[bus.Partition]int64) error {
	if err := h.bus.Create(ctx, bus.TopicSpec{Name: s.topic, Partitions: 1, Configs: s.configs}); err != nil {
		return err
	}
	if len(next) == 0 {
		begin, err := h.bus.Offsets(ctx, s.topic, s.from)
		if err != nil {
			return err
		}
		maps.Copy(next, begin)
		s.begins()
	}
	passed := bus.Passed(func(partition bus.Partition, offset int64) { next[partition] = offset + 1 })
	for _, more := range [][]bus.ReadOption{{bus.UntilEnd()}, nil} {
		for record, err := range h.bus.Read(ctx, s.topic, append(more, bus.From(next), passed)...) {
			if err != nil {
				return err
			}
			s.take(record)
		}
		if ctx.Err() == nil {
			s.current()
		}
	}
	return nil
}
