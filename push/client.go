package push

import (
	"context"
	"sync"
)

// follow is what a client follows: a channel, or one subject within it.
type follow struct{ name, subject string }

// client is one connection's queue. The hub fills it and never waits; the connection's own goroutine empties it.
type client struct {
	tenant   string
	channels []follow
	format   format
	maxCount int
	maxBytes int
	meters   *meters
	joined   bool // under the hub's lock

	mu     sync.Mutex
	queue  [][]byte
	bytes  int
	ended  bool
	awake  chan struct{}
	ending chan struct{}
}

func newClient(h *Hub, tenant string, channels []follow, f format) *client {
	return &client{
		tenant: tenant, channels: channels, format: f, maxCount: h.settings.queueCount, maxBytes: h.settings.queueBytes,
		meters: h.meters, awake: make(chan struct{}, 1), ending: make(chan struct{}),
	}
}

// wants says whether the client may have the message, and follows its subject.
func (c *client) wants(m *message, subject string) bool {
	return (m.tenant == "" || m.tenant == c.tenant) && (subject == "" || subject == m.subject)
}

// send queues a frame. A client that is too far behind is ended: it resumes where it stopped.
func (c *client) send(ctx context.Context, frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	if len(c.queue) >= c.maxCount || (len(c.queue) > 0 && c.bytes+len(frame) > c.maxBytes) {
		c.meters.slowClient(ctx)
		c.finish()
		return
	}
	c.queue = append(c.queue, frame)
	c.bytes += len(frame)
	select {
	case c.awake <- struct{}{}:
	default:
	}
}

// take empties the queue.
func (c *client) take() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	queue := c.queue
	c.queue, c.bytes = nil, 0
	return queue
}

// current says whether the client is live and has nothing queued.
func (c *client) current() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.ended && len(c.queue) == 0
}

func (c *client) live() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.ended
}

// end closes the client after what it has queued.
func (c *client) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finish()
}

func (c *client) finish() {
	if !c.ended {
		c.ended = true
		close(c.ending)
	}
}
