package push

import (
	"context"
	"time"

	"github.com/millrace/millrace/bus"
)

// follow reads the topic from the history's horizon, or from where an earlier reading ended.
func (h *Hub) follow(ctx context.Context) error {
	spec := bus.TopicSpec{Name: Topic, Partitions: h.settings.partitions, Configs: map[string]string{
		"cleanup.policy": "delete", // compaction would leave gaps that nobody sees
	}}
	if err := h.bus.Create(ctx, spec); err != nil {
		return err
	}
	epoch, err := h.epoch(ctx)
	if err != nil {
		return err
	}
	ends, err := h.bus.Offsets(ctx, Topic, bus.Latest)
	if err != nil {
		return err
	}
	if err := h.begin(ctx, epoch, ends); err != nil {
		return err
	}
	for record, err := range h.bus.Read(ctx, Topic, bus.From(h.next()), bus.UntilEnd(), bus.Passed(h.passed)) {
		if err != nil {
			return err
		}
		h.take(ctx, record)
	}
	if ctx.Err() != nil {
		return nil
	}
	h.reached(ends)
	for record, err := range h.bus.Read(ctx, Topic, bus.From(h.next()), bus.Passed(h.passed)) {
		if err != nil {
			return err
		}
		h.take(ctx, record)
	}
	return nil
}

// epoch asks which incarnation of the topic there is.
func (h *Hub) epoch(ctx context.Context) (string, error) {
	infos, err := h.bus.Topics(ctx, Topic)
	if err != nil {
		return "", err
	}
	return epochOf(infos[0].ID), nil
}

// begin sets the position for a new topic, and keeps it for the one that was read before. Clients of another topic are
// ended: what they missed is unknown, and the reset that they get when they come back says so.
func (h *Hub) begin(ctx context.Context, epoch string, ends map[bus.Partition]int64) error {
	starts, err := h.bus.Offsets(ctx, Topic, bus.Since(time.Now().Add(-h.settings.history.age)))
	if err != nil {
		return err
	}
	kept, err := h.bus.Offsets(ctx, Topic, bus.Earliest)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.position.epoch == epoch {
		return nil
	}
	h.warm = false
	h.position = position{epoch: epoch, offsets: make(map[bus.Partition]int64)}
	from := make(floor, len(starts))
	for partition, start := range starts {
		start = max(start, kept[partition], ends[partition]-warmUp)
		from[partition] = start - 1
		h.position.offsets[partition] = start - 1
	}
	h.memory = newMemory(h.settings.history, from)
	for c := range h.clients {
		for _, f := range c.places {
			h.enter(c, f.follow, -1)
		}
		c.places = nil
		c.end(whyAnew)
	}
	return nil
}

// warmUp is how many records of a partition are read at most before clients are served. Older ones stay in Kafka.
const warmUp = 100_000

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
	h.warm = true
	h.letIn()
	h.wake()
}

// letIn says that clients are served, once all is read that they stand on.
func (h *Hub) letIn() {
	if h.warm && !h.opened && (h.revoked.read || h.settings.open()) {
		h.opened = true
		close(h.ready)
	}
}

// passed notes how far reading has come.
func (h *Hub) passed(partition bus.Partition, offset int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position.offsets[partition] = offset
	h.wake()
}

// wake wakes the clients that wait for the hub to come as far as they are.
func (h *Hub) wake() {
	if h.waiting > 0 {
		close(h.moved)
		h.moved = make(chan struct{})
	}
}

// forget lets the next reading begin anew, after records were removed that had not been read.
func (h *Hub) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position.epoch, h.warm = "", false
}

// take keeps a record and hands it to everybody who follows its channel.
func (h *Hub) take(ctx context.Context, r bus.Record) {
	m, known := messageOf(r)
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position.offsets[r.Partition] = r.Offset
	if !known {
		return
	}
	h.taken++
	m.keep(h.taken, h.position.String(), now)
	m.latest = h.settings.latest[m.channel]
	h.memory.add(m).audience.of(m, func(all crowd) {
		for _, f := range all {
			f.client.send(ctx, m.frame(f.client.format))
		}
	})
	if h.warm {
		h.meters.took(ctx, now.Sub(m.time))
	}
}
