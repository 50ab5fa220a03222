package push

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// Hub reads the broadcast topic and writes to the clients that are connected to this process.
type Hub struct {
	bus      *bus.Bus
	settings settings
	meters   *meters
	ready    chan struct{}
	warm     sync.Once

	mu       sync.Mutex
	running  bool
	draining bool
	position position
	moved    chan struct{}
	taken    uint64
	starts   map[bus.Partition]int64
	channels map[string]*channel
	clients  map[*client]struct{}
	empty    chan struct{}
}

// channel is one channel's history and followers. Both change under the hub's lock, so that a replay and what comes
// after it have no seam.
type channel struct {
	history   history
	followers map[*client]string
}

// New makes a hub on a bus. Nothing is read before [Hub.Run].
func New(b *bus.Bus, opts ...Option) (*Hub, error) {
	if b == nil {
		return nil, errors.New("push: new: the bus is nil")
	}
	s, err := newSettings(opts)
	if err != nil {
		return nil, err
	}
	h := &Hub{
		bus: b, settings: s, ready: make(chan struct{}), moved: make(chan struct{}), empty: make(chan struct{}, 1),
		channels: make(map[string]*channel), clients: make(map[*client]struct{}),
	}
	if h.meters, err = newMeters(h); err != nil {
		return nil, fmt.Errorf("push: new: %w", err)
	}
	return h, nil
}

// Ready is closed when the hub has read its history and serves clients.
func (h *Hub) Ready() <-chan struct{} { return h.ready }

const drainLimit = 5 * time.Second

// Run reads until ctx ends, which is not an error. Then clients are told to come back after a moment, which another
// pod may serve, and are disconnected. The broadcast topic is created when it is missing; when it is made anew, every
// client gets a reset.
func (h *Hub) Run(ctx context.Context) error {
	h.mu.Lock()
	again := h.running
	h.running = true
	h.mu.Unlock()
	if again {
		return errors.New("push: run: the hub runs already")
	}
	defer h.drain(ctx)
	pause := resilience.RetryPolicy{Attempts: 1, Initial: 200 * time.Millisecond, Max: 5 * time.Second, Multiplier: 2, Jitter: 0.5}
	for failures := 1; ; failures++ {
		err := h.follow(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, bus.ErrClosed), errors.Is(err, bus.ErrDenied):
			return fmt.Errorf("push: run: %w", err)
		}
		if errors.Is(err, bus.ErrOffset) {
			h.forget()
		}
		h.settings.logger.WarnContext(ctx, "broadcast interrupted; reading again", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause.Delay(failures)):
		}
	}
}

// drain ends every client and waits until they are gone.
func (h *Hub) drain(ctx context.Context) {
	h.mu.Lock()
	h.draining = true
	for c := range h.clients {
		c.end()
	}
	left := len(h.clients)
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainLimit)
	defer cancel()
	for left > 0 {
		select {
		case <-h.empty:
		case <-ctx.Done():
			return
		}
		h.mu.Lock()
		left = len(h.clients)
		h.mu.Unlock()
	}
}
