package push

import (
	"context"
	"slices"
	"time"

	"github.com/millrace/millrace/bus"
)

// Interest lets a hub read only the partitions of the broadcast topic that have a channel which somebody follows here, and each of them for linger
// after the last one has left: for more messages than one process can read. Who is the first on a partition waits until the hub has read what its
// history holds. Linger is 30 seconds or more.
//
// A channel is then where records with its name as their key are, as those of [Channel.Publish], by the partitions that the topic has and by those
// that it had, which are taken to be [Partitions], and that twice, four times and so on. Elsewhere nobody looks for it. Where partitions that are
// added move a channel, its clients get a reset.
func Interest(linger time.Duration) Option {
	return option(func(s *settings) { s.selective, s.linger = true, linger })
}

const leastLinger = 30 * time.Second

// interest is which partitions a hub reads that does not read all. It changes under the hub's lock.
type interest struct {
	count  int                         // partitions of the topic
	wanted map[bus.Partition]time.Time // when that was last
	read   map[bus.Partition]bool      // from the history's horizon to what was the end, and on
	news   chan struct{}               // something is wanted that is not read
	// reading counts the changes of what is read, but for what ids say of more partitions.
	reading uint64
}

func newInterest() interest {
	return interest{wanted: make(map[bus.Partition]time.Time), read: make(map[bus.Partition]bool), news: make(chan struct{}, 1)}
}

// places is where a channel's messages are. It is nil where they may be anywhere.
func (s *settings) places(name string, partitions int) []bus.Partition {
	if !s.selective {
		return nil
	}
	places := []bus.Partition{bus.PartitionFor([]byte(name), partitions)}
	for were := s.partitions; were < partitions; were *= 2 {
		if place := bus.PartitionFor([]byte(name), were); !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	return places
}

// scope is where the messages of channels are. It is nil where they may be anywhere. The hub's lock is held.
func (h *Hub) scope(channels []follow) (scope []bus.Partition) {
	for _, f := range channels {
		scope = append(scope, h.settings.places(f.name, h.interest.count)...)
	}
	return scope
}

// reads says whether the hub reads what the channels need, and lets it do so. The hub's lock is held.
func (h *Hub) reads(channels []follow) bool {
	all, now := h.warm, time.Now()
	for _, partition := range h.scope(channels) {
		h.interest.wanted[partition] = now
		if !h.interest.read[partition] {
			all = false
			h.interest.tell()
		}
	}
	return all
}

func (i *interest) tell() {
	select {
	case i.news <- struct{}{}:
	default:
	}
}

// want returns once the hub reads what the channels need.
func (h *Hub) want(ctx context.Context, c *client, channels []follow) error {
	if !h.settings.selective {
		return nil
	}
	return h.until(ctx, c, func() bool { return h.reads(channels) })
}

// cold is what is wanted and not read.
func (h *Hub) cold() (cold []bus.Partition) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for partition := range h.interest.wanted {
		if !h.interest.read[partition] && int(partition) < h.interest.count {
			cold = append(cold, partition)
		}
	}
	return cold
}

// idle is what is read and was not wanted for a while. What somebody follows is wanted. The hub's lock is held.
func (h *Hub) idle() (idle []bus.Partition) {
	now := time.Now()
	for _, at := range h.memory.channels {
		if at.audience.count > 0 {
			for _, partition := range at.places {
				h.interest.wanted[partition] = now
			}
		}
	}
	for partition := range h.interest.read {
		if now.Sub(h.interest.wanted[partition]) > h.settings.linger {
			idle = append(idle, partition)
		}
	}
	return idle
}

// idles says whether something is idle.
func (h *Hub) idles() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.idle()) > 0
}

// abandonIdle forgets what is idle, while nothing is read.
func (h *Hub) abandonIdle() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, partition := range h.idle() {
		delete(h.interest.wanted, partition)
		delete(h.interest.read, partition)
		h.abandon(partition)
	}
}

// abandon forgets what was read of a partition. The hub's lock is held.
func (h *Hub) abandon(partition bus.Partition) {
	h.interest.reading++
	delete(h.position.offsets, partition)
	h.memory.vacate(partition)
}

// grow takes note of how many partitions the topic has. Clients of channels that have moved are ended: what they stand on does not say where they
// stand in what is new, so that they get a reset.
func (h *Hub) grow(partitions int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.interest.count == partitions {
		return
	}
	h.interest.count = partitions
	for name, at := range h.memory.channels {
		places := h.settings.places(name, partitions)
		if slices.Equal(places, at.places) {
			continue
		}
		at.places = places
		for partition, behind := range h.memory.floor.of(places) {
			at.history.floor.raise(partition, behind)
		}
		for _, of := range at.audience.tenants {
			of.all(func(f *follower) { f.client.end(whyAnew) })
		}
	}
}
