package push

import (
	"context"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
)

// follow reads the topic from the history's horizon, or from where an earlier reading ended.
func (h *Hub) follow(ctx context.Context) error {
	spec := bus.TopicSpec{Name: Topic, Partitions: h.settings.partitions}
	if err := h.bus.Create(ctx, spec); err != nil {
		return err //nolint:wrapcheck // wrapped by Run
	}
	infos, err := h.bus.Topics(ctx, Topic)
	if err != nil {
		return err //nolint:wrapcheck // wrapped by Run
	}
	if err := h.begin(ctx, epochOf(infos[0].ID)); err != nil {
		return err
	}
	ends, err := h.bus.Offsets(ctx, Topic, bus.Latest)
	if err != nil {
		return err //nolint:wrapcheck // wrapped by Run
	}
	for record, err := range h.bus.Read(ctx, Topic, bus.From(h.next()), bus.UntilEnd(), bus.Passed(h.passed)) {
		if err != nil {
			return err
		}
		h.take(record)
	}
	if ctx.Err() != nil {
		return nil
	}
	h.reached(ends)
	for record, err := range h.bus.Read(ctx, Topic, bus.From(h.next()), bus.Passed(h.passed)) {
		if err != nil {
			return err
		}
		h.take(record)
	}
	return nil
}

// begin sets the position for a new topic, and keeps it for the one that was read before.
func (h *Hub) begin(ctx context.Context, epoch string) error {
	starts, err := h.bus.Offsets(ctx, Topic, bus.Since(time.Now().Add(-h.settings.history.age)))
	if err != nil {
		return err //nolint:wrapcheck // wrapped by Run
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.position.epoch == epoch {
		return nil
	}
	h.position = position{epoch: epoch, offsets: make(map[bus.Partition]int64)}
	h.starts = starts
	for partition, start := range starts {
		h.position.offsets[partition] = start - 1
	}
	clear(h.channels)
	for c := range h.clients {
		c.end()
	}
	return nil
}

func (h *Hub) next() map[bus.Partition]int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	next := make(map[bus.Partition]int64, len(h.position.offsets))
	for partition, offset := range h.position.offsets {
		next[partition] = offset + 1
	}
	return next
}

// reached notes that everything before the ends was read, aborted records included, and lets clients in.
func (h *Hub) reached(ends map[bus.Partition]int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for partition, end := range ends {
		h.position.offsets[partition] = max(h.position.at(partition), end-1)
	}
	h.warm.Do(func() { close(h.ready) })
}

// passed notes how far reading has come, and wakes clients that wait for it.
func (h *Hub) passed(partition bus.Partition, offset int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position.offsets[partition] = offset
	close(h.moved)
	h.moved = make(chan struct{})
}

// forget lets the next reading begin anew, after records were removed that had not been read.
func (h *Hub) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position.epoch = ""
}

// take frames a record, keeps it and hands it to everybody who follows its channel.
func (h *Hub) take(r bus.Record) {
	name, known := strings.CutPrefix(r.Type(), "push.broadcast.")
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position.offsets[r.Partition] = r.Offset
	if !known || r.Value == nil {
		return
	}
	h.taken++
	m := &message{
		order: h.taken, channel: name, subject: r.Subject(), tenant: r.Tenant(), partition: r.Partition, offset: r.Offset, time: r.Time,
		frame: appendEvent(nil, name, h.position.String(), r.Value),
	}
	at := h.channel(name)
	at.history.add(m, h.settings.history)
	for c, subject := range at.followers {
		if c.wants(m, subject) {
			c.send(m.frame)
		}
	}
}

// channel returns the channel, which begins with everything since the hub's start.
func (h *Hub) channel(name string) *channel {
	at, ok := h.channels[name]
	if !ok {
		floor := make(map[bus.Partition]int64, len(h.starts))
		for partition, start := range h.starts {
			floor[partition] = start - 1
		}
		at = &channel{history: history{floor: floor}, followers: make(map[*client]string)}
		h.channels[name] = at
	}
	return at
}
