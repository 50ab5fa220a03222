package push

import (
	"container/list"
	"maps"
	"slices"
	"time"

	"github.com/millrace/millrace/bus"
)

// limits bound what is held: one channel's messages, and all of them.
type limits struct {
	count int
	bytes int
	age   time.Duration
	total int
}

// floor is, for each partition, the offset behind which every message is held.
type floor map[bus.Partition]int64

// covers says whether everything behind p is held, of what is in scope.
func (f floor) covers(p position, s scope) bool {
	for partition, offset := range f {
		if s.has(partition) && p.at(partition) < offset {
			return false
		}
	}
	return true
}

func (f floor) raise(partition bus.Partition, offset int64) {
	if old, ok := f[partition]; !ok || old < offset {
		f[partition] = offset
	}
}

// history holds a channel's newest messages, and knows from where on it holds all.
type history struct {
	messages []*message
	bytes    int
	floor    floor
}

// drop forgets the oldest message.
func (h *history) drop() {
	oldest := h.messages[0]
	h.floor.raise(oldest.partition, oldest.offset)
	h.bytes -= oldest.size()
	h.messages[0] = nil
	h.messages = h.messages[1:]
}

// after returns the messages behind p that are in scope.
func (h *history) after(p position, s scope) []*message {
	var after []*message
	for _, m := range h.messages {
		if s.has(m.partition) && m.offset > p.at(m.partition) {
			after = append(after, m)
		}
	}
	return after
}

// memory is what a hub holds of all channels. It changes under the hub's lock.
type memory struct {
	limits   limits
	channels map[string]*channel
	order    *list.List // of *message, oldest first
	bytes    int
	// floor holds for the channels that are not in the map: nothing of them came behind it.
	floor floor
}

// channel is one channel's history and followers. Both change under the hub's lock, so that a replay and what comes
// after it have no seam.
type channel struct {
	history  history
	audience audience
}

func newMemory(l limits, from floor) *memory {
	return &memory{limits: l, channels: make(map[string]*channel), order: list.New(), floor: from}
}

// channel returns the channel, which begins with everything behind the floor.
func (m *memory) channel(name string) *channel {
	at, ok := m.channels[name]
	if !ok {
		at = &channel{history: history{floor: maps.Clone(m.floor)}, audience: audience{tenants: make(map[string]*house)}}
		m.channels[name] = at
	}
	return at
}

// covers says whether everything of a channel behind p is held.
func (m *memory) covers(name string, p position, s scope) bool {
	if at, ok := m.channels[name]; ok {
		return at.history.floor.covers(p, s)
	}
	return m.floor.covers(p, s)
}

// after returns the messages of a channel behind p.
func (m *memory) after(name string, p position, s scope) []*message {
	if at, ok := m.channels[name]; ok {
		return at.history.after(p, s)
	}
	return nil
}

// add keeps a message and forgets what is too much or too old then.
func (m *memory) add(msg *message) *channel {
	at := m.channel(msg.channel)
	at.history.messages = append(at.history.messages, msg)
	at.history.bytes += msg.size()
	m.bytes += msg.size()
	msg.age = m.order.PushBack(msg)
	for len(at.history.messages) > m.limits.count || at.history.bytes > m.limits.bytes {
		m.drop(at.history.messages[0])
	}
	for front := m.order.Front(); front != nil; front = m.order.Front() {
		oldest, _ := front.Value.(*message)
		if m.bytes <= m.limits.total && msg.time.Sub(oldest.time) <= m.limits.age {
			break
		}
		m.drop(oldest)
	}
	return at
}

// drop forgets a message, which is the oldest of its channel.
func (m *memory) drop(oldest *message) {
	m.channels[oldest.channel].history.drop()
	m.order.Remove(oldest.age)
	m.bytes -= oldest.size()
	m.release(oldest.channel)
}

// begin notes that everything of a partition behind an offset is held from now on.
func (m *memory) begin(partition bus.Partition, behind int64) {
	m.floor[partition] = behind
	for _, at := range m.channels {
		at.history.floor[partition] = behind
	}
}

// vacate forgets what is held of a partition.
func (m *memory) vacate(partition bus.Partition) {
	for name, at := range m.channels {
		at.history.messages = slices.DeleteFunc(at.history.messages, func(msg *message) bool {
			if msg.partition != partition {
				return false
			}
			at.history.bytes -= msg.size()
			m.bytes -= msg.size()
			m.order.Remove(msg.age)
			return true
		})
		m.release(name)
	}
}

// release forgets a channel that nobody follows and of which nothing is held.
func (m *memory) release(name string) {
	at, ok := m.channels[name]
	if !ok || at.audience.count > 0 || len(at.history.messages) > 0 {
		return
	}
	for partition, offset := range at.history.floor {
		m.floor.raise(partition, offset)
	}
	delete(m.channels, name)
}

// follow gives a client a place in a channel.
func (m *memory) follow(c *client, of follow) {
	f := &follower{follow: of, client: c}
	m.channel(of.name).audience.add(f)
	c.places = append(c.places, f)
}

// leave takes a client out of what it follows.
func (m *memory) leave(c *client, of ...follow) {
	c.places = slices.DeleteFunc(c.places, func(f *follower) bool {
		if !slices.Contains(of, f.follow) {
			return false
		}
		m.channels[f.name].audience.remove(f)
		m.release(f.name)
		return true
	})
}
