package webhooks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// Replay says which events an endpoint is to be told of again.
type Replay struct {
	// ID is the replay's: one that was interrupted goes on when it is made again under the same id. It is random where it is empty.
	ID string
	// Endpoint is whom to tell.
	Endpoint string
	// Since and Until are between which times the events were published. A zero Until is now.
	Since, Until time.Time
	// Dead leaves it at events whose deliveries were given up, of those that are kept: see [MaxDead].
	Dead bool
	// Events leaves it at these, by their ids.
	Events []string
	// Progress is called with how many events were sent so far.
	Progress func(sent int)
}

const replayedAtOnce = 500

// Replay tells an endpoint of the context's tenant again of events, under the ids that they had, and returns how many were sent to its
// queue. What waits there already stays as it is. Events are read from the topic "<name>.events" as long as it keeps them, by this process,
// which need not run the group. The endpoint is told of what it chooses now, also of what happened before it was made. An event that cannot
// be read is passed over: how many there were, and the place of the first one, is logged once.
func (h *Hooks) Replay(ctx context.Context, b *bus.Bus, r Replay) (sent int, err error) {
	if h.err != nil {
		return 0, resilience.Permanent(h.err)
	}
	if r.ID == "" {
		r.ID = fmt.Sprintf("%x", random(newID))
	}
	if r.Until.IsZero() {
		r.Until = time.Now()
	}
	if !endpointPattern.MatchString(r.Endpoint) || !r.Since.Before(r.Until) {
		return 0, resilience.Permanent(errors.New("webhooks: replay: name an endpoint, and a time since which that is before the time until which"))
	}
	tenant := request.From(ctx).Tenant
	var batch []bus.Message
	send := func() error {
		err := b.Publish(ctx, batch...).Err()
		if err == nil {
			sent += len(batch)
			batch = batch[:0]
			if r.Progress != nil {
				r.Progress(sent)
			}
		}
		return err
	}
	passed := &passedOver{}
	defer func() { passed.log(ctx, h, r) }()
	topic := h.happened.Contract().Topic()
	for record, failed := range b.Read(ctx, topic, bus.Since(r.Since), bus.UntilEnd()) {
		if failed != nil {
			return sent, fmt.Errorf("webhooks: replay %s: %w", r.ID, failed)
		}
		if string(record.Key) != tenantKey(tenant) || record.Type() != h.happened.Contract().Name() || !record.Time.Before(r.Until) {
			continue
		}
		again, is, failed := h.again(record, r)
		if errors.Is(failed, bus.ErrDecode) {
			passed.note(record)
			continue
		}
		if failed == nil && is {
			batch = append(batch, again)
		}
		if failed == nil && len(batch) == replayedAtOnce {
			failed = send()
		}
		if failed != nil {
			return sent, fmt.Errorf("webhooks: replay %s: %w", r.ID, failed)
		}
	}
	if len(batch) > 0 {
		if err := send(); err != nil {
			return sent, fmt.Errorf("webhooks: replay %s: %w", r.ID, err)
		}
	}
	return sent, ctx.Err()
}

// passedOver are records of which no event can be made.
type passedOver struct {
	count int
	first bus.Record
}

func (p *passedOver) note(r bus.Record) {
	if p.count++; p.count == 1 {
		p.first = r
	}
}

func (p *passedOver) log(ctx context.Context, h *Hooks, r Replay) {
	if p.count > 0 {
		h.logger().WarnContext(ctx, "webhooks: a replay has passed over events that cannot be read", "hooks", h.name, "endpoint", r.Endpoint,
			"replay", r.ID, "count", p.count, "topic", p.first.Topic, "partition", p.first.Partition, "first", p.first.Offset)
	}
}

// again is the delivery of an event that is meant.
func (h *Hooks) again(record bus.Record, r Replay) (bus.Message, bool, error) {
	v, err := h.happened.Decode(record)
	if err != nil || len(r.Events) > 0 && !slices.Contains(r.Events, v.Event.ID) {
		return bus.Message{}, false, err
	}
	body, err := v.Event.body()
	if err != nil {
		return bus.Message{}, false, err
	}
	return h.delivery.New(delivery{
		Tenant: v.Tenant, Endpoint: r.Endpoint, Event: v.Event.ID, Type: v.Event.Type, Time: v.Event.Time, Body: body, Replay: r.ID, Dead: r.Dead,
	}), true, nil
}
