package push

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// Hub reads the broadcast topic and writes to the clients that are connected to this process.
type Hub struct {
	bus       *bus.Bus
	settings  settings
	meters    *meters
	ready     chan struct{}
	readBacks chan struct{}
	pages     chan struct{} // that are not written yet
	schema    []byte
	buffers   sync.Pool // of *[]byte
	queues    sync.Pool // of *[]*frame
	beats     atomic.Uint64

	mu         sync.Mutex
	running    bool
	draining   bool
	warm       bool // position is at what was the end, and clients may join
	opened     bool // ready is closed
	position   position
	moved      bell
	taken      uint64
	held       []*client // that something is queued for which may wait for more
	holding    time.Time // since when
	interest   interest
	memory     *memory
	clients    map[*client]struct{}
	revoked    revoked
	attendance attendance
	sockets    [slots]map[*socket]struct{}
	seats      int // that sockets were given
	tenants    map[string]int
	empty      chan struct{}
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
		bus: b, settings: s, ready: make(chan struct{}), moved: newBell(), empty: make(chan struct{}, 1),
		readBacks: make(chan struct{}, concurrentReadBacks), pages: make(chan struct{}, max(concurrentReadBacks, s.history.total/pageBytes)),
		interest: newInterest(),
		clients:  make(map[*client]struct{}), tenants: make(map[string]int),
		revoked: revoked{ids: make(map[string]struct{})}, attendance: newAttendance(uuid.NewString()),
	}
	for i := range h.sockets {
		h.sockets[i] = make(map[*socket]struct{})
	}
	h.memory = newMemory(s.history, floor{})
	h.buffers.New = func() any { return new([]byte) }
	if h.schema, err = s.describe(); err != nil {
		return nil, fmt.Errorf("push: new: %w", err)
	}
	if h.meters, err = newMeters(s.meter); err != nil {
		return nil, fmt.Errorf("push: new: %w", err)
	}
	return h, nil
}

// Ready is closed when the hub has read its history and serves clients.
func (h *Hub) Ready() <-chan struct{} { return h.ready }

const (
	drainLimit = 5 * time.Second
	calm       = time.Minute // reading this long without a failure lets the next pause be short again
)

// Run reads until ctx ends, which is not an error. Then clients are told to come back after a moment, which another
// pod may serve, and are disconnected. The broadcast topic is created when it is missing; when it is made anew, every
// client gets a reset. While the cluster is out of reach, clients stay connected.
func (h *Hub) Run(ctx context.Context) error {
	h.mu.Lock()
	again := h.running
	h.running = true
	h.mu.Unlock()
	if again {
		return errors.New("push: run: the hub runs already")
	}
	unwatch, err := h.meters.watch(h)
	if err != nil {
		return fmt.Errorf("push: run: %w", err)
	}
	defer unwatch()
	var pulse sync.WaitGroup
	defer pulse.Wait()
	defer h.drain(ctx)
	pulse.Go(func() { h.pulse(ctx) })
	pulse.Go(func() { h.attend(ctx) })
	pulse.Go(func() { h.heed(ctx) })
	pause := resilience.RetryPolicy{Attempts: 1, Initial: 200 * time.Millisecond, Max: 5 * time.Second, Multiplier: 2, Jitter: 0.5}
	for failures := 1; ; failures++ {
		began := time.Now()
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
		if time.Since(began) > calm {
			failures = 1
		}
		h.settings.logger.WarnContext(ctx, "broadcast interrupted; reading again", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause.Delay(failures)):
		}
	}
}

// drain tells every client where it stands, ends it, and waits until they are gone.
func (h *Hub) drain(ctx context.Context) {
	h.mu.Lock()
	h.draining = true
	for c := range h.clients {
		if f, ok := h.standing(c); ok {
			c.send(ctx, f)
			if c.format == formatSocket {
				c.send(ctx, frameOf(tell(tellDrain, lines{}.retry(h.jitter()))))
			}
		}
		c.end(whyDrain)
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
