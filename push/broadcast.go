package push

import (
	"context"
	"maps"
	"slices"
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
	if h.settings.selective {
		return h.followSome(ctx)
	}
	epoch, _, err := h.incarnation(ctx)
	if err != nil {
		return err
	}
	from, ends, err := h.horizon(ctx)
	if err != nil {
		return err
	}
	h.begin(epoch, from)
	if err := h.read(ctx, nil, bus.UntilEnd()); err != nil || ctx.Err() != nil {
		return err
	}
	h.reached(ends)
	return h.read(ctx, nil)
}

// read takes what is behind where the hub is, of all partitions or of some, until it is as far as is said, if that is said.
func (h *Hub) read(ctx context.Context, target *position, opts ...bus.ReadOption) error {
	defer h.stir()
	ctx, over := context.WithCancel(ctx)
	defer over()
	passed := func(partition bus.Partition, offset int64) {
		if h.passed(partition, offset, target) {
			over()
		}
	}
	for record, err := range h.bus.Read(ctx, Topic, append(opts, bus.From(h.next()), bus.Passed(passed), bus.Yielded(h.stir))...) {
		if err != nil {
			return err
		}
		h.take(ctx, record)
	}
	return nil
}

// incarnation asks which topic there is, and how many partitions it has.
func (h *Hub) incarnation(ctx context.Context) (epoch string, partitions int, err error) {
	infos, err := h.bus.Topics(ctx, Topic)
	if err != nil {
		return "", 0, err
	}
	return epochOf(infos[0].ID), len(infos[0].Partitions), nil
}

// horizon is behind which offsets a hub begins to read, all partitions or some, and where they end.
func (h *Hub) horizon(ctx context.Context, only ...bus.ReadOption) (from floor, ends map[bus.Partition]int64, err error) {
	var starts, kept map[bus.Partition]int64
	since := bus.Since(time.Now().Add(-h.settings.history.age))
	for _, each := range []struct {
		at   bus.ReadOption
		into *map[bus.Partition]int64
	}{{bus.Latest, &ends}, {since, &starts}, {bus.Earliest, &kept}} {
		if *each.into, err = h.bus.Offsets(ctx, Topic, append(slices.Clone(only), each.at)...); err != nil {
			return nil, nil, err
		}
	}
	from = make(floor, len(starts))
	for partition, start := range starts {
		from[partition] = max(start, kept[partition], ends[partition]-warmUp) - 1
	}
	return from, ends, nil
}

// warmUp is how many records of a partition are read at most before clients are served. Older ones stay in Kafka.
const warmUp = 100_000

// begin sets the position for a new topic, and keeps it for the one that was read before. Clients of another topic are
// ended: what they missed is unknown, and the reset that they get when they come back says so.
func (h *Hub) begin(epoch string, from floor) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.position.epoch == epoch {
		return
	}
	h.warm = false
	h.position = position{epoch: epoch, count: h.interest.count, offsets: make(map[bus.Partition]int64)}
	maps.Copy(h.position.offsets, from)
	clear(h.interest.read)
	h.memory = newMemory(h.settings.history, maps.Clone(from))
	h.interest.changed.ring()
	for c := range h.clients {
		for _, f := range c.places {
			h.enter(c, f.follow, -1)
		}
		c.places = nil
		c.end(whyAnew)
	}
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
		h.interest.read[partition] = true
	}
	h.warm = true
	h.letIn()
	h.moved.ring()
	h.interest.changed.ring()
}

// letIn says that clients are served, once all is read that they stand on.
func (h *Hub) letIn() {
	if h.warm && !h.opened && (h.revoked.read || h.settings.open()) {
		h.opened = true
		close(h.ready)
	}
}

// passed notes how far reading has come, and says whether that is as far as was to be.
func (h *Hub) passed(partition bus.Partition, offset int64, target *position) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position.offsets[partition] = offset
	h.moved.ring()
	return target != nil && !h.position.behind(*target)
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
	if !known || h.strays(ctx, m) {
		return
	}
	h.taken++
	m.keep(h.taken, h.position.String(), now)
	m.reading = h.interest.changes
	m.latest = h.settings.latest[m.channel]
	if len(h.held) == 0 {
		h.holding = now
	}
	h.memory.add(m).audience.of(m, func(all crowd) {
		for _, f := range all {
			if f.client.enqueue(ctx, m.frame(f.client.format)) {
				h.held = append(h.held, f.client)
			}
		}
	})
	if now.Sub(h.holding) > holdFor {
		h.release()
	}
	if h.warm && (!h.settings.selective || h.interest.read[m.partition]) {
		h.meters.took(ctx, now.Sub(m.time))
	}
}

// holdFor is how long messages are held for those that have come with them, which are then written with them.
const holdFor = 2 * time.Millisecond

// stir lets be written what is held.
func (h *Hub) stir() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.release()
}

func (h *Hub) release() {
	for _, c := range h.held {
		c.stir()
	}
	clear(h.held)
	h.held = h.held[:0]
}
