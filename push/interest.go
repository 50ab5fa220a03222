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
// added move a channel, its clients get a reset. Ids hold on hubs with and without it.
func Interest(linger time.Duration) Option {
	return option(func(s *settings) { s.selective, s.linger = true, linger })
}

const leastLinger = 30 * time.Second

// interest is which partitions a hub reads that does not read all. It changes under the hub's lock.
type interest struct {
	count   int                         // partitions of the topic
	wanted  map[bus.Partition]time.Time // when that was last
	read    map[bus.Partition]bool      // from the history's horizon to what was the end, and on
	news    chan struct{}               // something is wanted that is not read
	changed bell
	// begun is for each partition when reading it began, in changes of what is read.
	begun   map[bus.Partition]uint64
	changes uint64
	stray   bool // that a record is where nobody looks for it was told
}

func newInterest() interest {
	return interest{
		wanted: make(map[bus.Partition]time.Time), read: make(map[bus.Partition]bool), begun: make(map[bus.Partition]uint64),
		news: make(chan struct{}, 1), changed: newBell(),
	}
}

// scope is where the messages of some channels are; nil is anywhere.
type scope []bus.Partition

func (s scope) has(partition bus.Partition) bool { return s == nil || slices.Contains(s, partition) }

// places is where messages of channels are in a topic of so many partitions.
func (s *settings) places(partitions int, channels ...follow) scope {
	places := make(scope, 0, len(channels))
	add := func(name string, count int) {
		if place := bus.PartitionFor([]byte(name), count); !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	for _, f := range channels {
		add(f.name, partitions)
		for were := s.partitions; were < partitions; were *= 2 {
			add(f.name, were)
		}
	}
	return places
}

// scope is where this hub looks for channels' messages. Its lock is held.
func (h *Hub) scope(channels ...follow) scope {
	if !h.settings.selective {
		return nil
	}
	return h.settings.places(h.interest.count, channels...)
}

// strays says whether a record is where nobody looks for it. The hub's lock is held.
func (h *Hub) strays(ctx context.Context, m *message) bool {
	if h.scope(follow{name: m.channel}).has(m.partition) {
		return false
	}
	if !h.interest.stray {
		h.interest.stray = true
		h.settings.logger.WarnContext(ctx, "push: a message is not in the partition of its channel, and reaches nobody; "+
			"let the key of records be the channel's name, and Partitions be what the topic was created with",
			"channel", m.channel, "partition", m.partition)
	}
	return true
}

// reads says whether the hub reads what is in scope, and lets it do so. The hub's lock is held.
func (h *Hub) reads(s scope) bool {
	all, now := h.warm, time.Now()
	if !h.settings.selective {
		return all
	}
	for _, partition := range s {
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

// newest is when the hub began to read the last of what is in scope: ids of messages that it took before do not count in all of it.
func (i *interest) newest(s scope) (newest uint64) {
	for _, partition := range s {
		newest = max(newest, i.begun[partition])
	}
	return newest
}

// want returns once the hub reads what is in scope.
func (h *Hub) want(ctx context.Context, c *client, s scope) error {
	if !h.settings.selective {
		return nil
	}
	return h.until(ctx, c, &h.interest.changed, func() bool { return h.reads(s) })
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
	for name, at := range h.memory.channels {
		if at.audience.count > 0 {
			for _, partition := range h.scope(follow{name: name}) {
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
