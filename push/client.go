package push

import (
	"context"
	"sync"
)

// frame is what is written to clients, made once for all who receive it.
type frame struct {
	bytes []byte
	key   string // of what a newer one makes up for: see Latest
}

func frameOf(bytes []byte) *frame { return &frame{bytes: bytes} }

// client is one connection's queue. The hub fills it and never waits; whoever writes to the connection empties it.
type client struct {
	hub       *Hub
	tenant    string
	format    format
	principal string
	granted   string      // the grant's id, under the hub's lock
	joined    bool        // under the hub's lock
	places    []*follower // under the hub's lock
	wake      func()      // tells who writes that there is something to do, under mu; it must not wait
	hold      func() bool // puts the end off where the hub stops, under mu; nil where nothing does

	mu       sync.Mutex
	queue    []*frame
	bytes    int
	replayed int // how many of the queue are a replay, which its bounds are not for
	replay   int // their bytes
	latest   latest
	taking   chan struct{} // closed when the queue is taken, where somebody waits for that
	ended    bool
	why      why
	ending   chan struct{}
}

func newClient(h *Hub, grant Grant, f format, wake func()) client {
	return client{
		hub: h, tenant: string(grant.Tenant), principal: string(grant.Principal), granted: grant.ID, format: f, wake: wake,
		ending: make(chan struct{}),
	}
}

// may says whether the client may have the message.
func (c *client) may(m *message) bool { return m.tenant == "" || m.tenant == c.tenant }

// send queues a frame, and lets it be written.
func (c *client) send(ctx context.Context, f *frame) {
	if c.enqueue(ctx, f) {
		c.stir()
	}
}

// stir lets be written what is queued.
func (c *client) stir() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.wake()
	}
}

// enqueue queues a frame, and says whether it is the first one. A client that is too far behind is ended: it resumes where it stopped.
func (c *client) enqueue(ctx context.Context, f *frame) (first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	c.replace(f)
	s := &c.hub.settings
	if waiting := len(c.queue) - c.replayed - c.latest.gaps; waiting >= s.queueCount || waiting > 0 && c.bytes-c.replay+len(f.bytes) > s.queueBytes {
		c.hub.meters.slowClient(ctx)
		c.finish(whySlow)
		return false
	}
	if c.queue == nil {
		c.queue = c.hub.spare()
	}
	c.queue = append(c.queue, f)
	c.bytes += len(f.bytes)
	return len(c.queue) == 1
}

// put queues what the client has missed. Its messages are held by the history, or are a page of those that Kafka has.
func (c *client) put(frames []*frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	for _, f := range frames {
		c.bytes += len(f.bytes)
		c.replay += len(f.bytes)
	}
	c.queue = append(c.queue, frames...)
	c.replayed += len(frames)
	c.wake()
}

// take empties the queue.
func (c *client) take() []*frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taken()
}

func (c *client) taken() []*frame {
	queue := whole(c.queue, c.latest.gaps)
	c.queue, c.bytes, c.replayed, c.replay, c.latest = nil, 0, 0, 0, latest{}
	if c.taking != nil {
		close(c.taking)
		c.taking = nil
	}
	return queue
}

// emptied returns when the queue has been taken.
func (c *client) emptied(ctx context.Context) error {
	c.mu.Lock()
	if len(c.queue) == 0 {
		c.mu.Unlock()
		return nil
	}
	if c.taking == nil {
		c.taking = make(chan struct{})
	}
	taking := c.taking
	c.mu.Unlock()
	select {
	case <-taking:
		return nil
	case <-c.ending:
		return errLater
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// spareFrames is how long a queue may be that is used again.
const spareFrames = 1024

// spare is an empty queue.
func (h *Hub) spare() []*frame {
	if queue, ok := h.queues.Get().(*[]*frame); ok {
		return *queue
	}
	return make([]*frame, 0, 8) //nolint:mnd // it grows
}

// reuse takes a queue back that was written.
func (h *Hub) reuse(queue []*frame) {
	if cap(queue) > 0 && cap(queue) <= spareFrames {
		clear(queue)
		queue = queue[:0]
		h.queues.Put(&queue)
	}
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

// end closes the client after what it has queued. It is false where that was to be already.
func (c *client) end(because why) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if because == whyDrain && !c.ended && c.hold != nil && c.hold() {
		return true
	}
	return c.finish(because)
}

func (c *client) finish(because why) bool {
	if c.ended {
		return false
	}
	c.ended, c.why = true, because
	close(c.ending)
	c.wake()
	return true
}
