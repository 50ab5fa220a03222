package locks

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bus"
)

// TopicPrefix is put before a group's name to make the name of its topic.
const TopicPrefix = "millrace.locks."

// Manager takes part in the locks of one group. It is safe for concurrent use, and one for a process and group is enough.
type Manager struct {
	bus      *bus.Bus
	topic    bus.Topic
	event    bus.Event[entry]
	settings settings
	meters   *meters
	began    time.Time
	fold     func(*state, int64, time.Time, entry) effects

	ready  chan struct{}
	ended  chan struct{}
	posted chan struct{} // something is in the outbox
	woken  chan struct{} // the keeper has something to do
	idle   chan struct{} // something was given back or written

	mu       sync.Mutex
	running  bool
	stopping bool
	state    *state // nil while it is not known
	tenure   *tenure
	outbox   []*posting
	busy     bool      // the writer has something in hand
	asked    int64     // the offset of an ask without an answer, or -1
	answer   time.Time // when to answer it
	opened   bool      // ready is closed
}

// New makes a manager of a group's locks. Nothing is contacted before [Manager.Run]. The group's name is 1 to 64 of
// a-z 0-9 _ - and begins with a letter; each group has a topic of one partition.
func New(b *bus.Bus, group string, opts ...Option) (*Manager, error) {
	if b == nil {
		return nil, fmt.Errorf("%w: the bus is nil", ErrGroup)
	}
	if !groupPattern.MatchString(group) {
		return nil, fmt.Errorf("%w: group %q must be 1 to 64 of a-z 0-9 _ - and begin with a letter", ErrGroup, group)
	}
	s, err := newSettings(opts)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGroup, err)
	}
	topic := bus.Topic(TopicPrefix + group)
	m := &Manager{
		bus: b, topic: topic, event: newEvent(topic), settings: s, began: time.Now(), fold: (*state).apply, asked: -1,
		ready: make(chan struct{}), ended: make(chan struct{}), posted: make(chan struct{}, 1),
		woken: make(chan struct{}, 1), idle: make(chan struct{}, 1),
	}
	if err := m.event.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGroup, err)
	}
	if m.meters, err = newMeters(s.meter, group); err != nil {
		return nil, fmt.Errorf("locks: new: %w", err)
	}
	return m, nil
}

// Ready is closed when the manager has folded the log for the first time. Acquires wait for it.
func (m *Manager) Ready() <-chan struct{} { return m.ready }

// Run folds the log, renews this process's leases and expires those of the dead, until ctx ends, which is not an
// error. Then every lease is lost with [ErrStopped] as its reason, and Run goes on for what is given back, for the lease
// less its margin at most. What was given back by then is free at once, the rest when the lease has passed. The topic is
// created when it is missing. While Kafka is out of reach, Run tries again; it ends with an error when the topic is
// gone or denied, or for [ErrFormat] and [ErrDiverged].
func (m *Manager) Run(ctx context.Context) error {
	m.mu.Lock()
	again := m.running
	m.running = true
	m.mu.Unlock()
	if again {
		return errors.New("locks: run: the manager runs already")
	}
	unwatch, err := m.meters.watch(m)
	if err != nil {
		return fmt.Errorf("locks: run: %w", err)
	}
	defer unwatch()
	err = m.run(ctx)
	m.mu.Lock()
	m.stopping = true
	m.abandon(errors.Join(ErrStopped, err))
	m.mu.Unlock()
	close(m.ended)
	if err != nil {
		return fmt.Errorf("locks: run: %w", err)
	}
	return nil
}

func (m *Manager) run(ctx context.Context) error {
	outlasting, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, work := errgroup.WithContext(outlasting)
	group.Go(func() error {
		starting, cancel := context.WithCancel(work)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)() // what has not begun need not be drained
		err := m.create(starting)
		switch {
		case starting.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		return m.follow(work)
	})
	group.Go(func() error { return m.write(work) })
	group.Go(func() error { return m.keep(work) })
	group.Go(func() error {
		select {
		case <-ctx.Done():
			m.drain(work)
			stop()
		case <-work.Done():
		}
		return nil
	})
	return group.Wait() //nolint:wrapcheck // wrapped by Run
}

// drain ends all leases and waits until they were given back.
func (m *Manager) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, m.settings.lease-m.settings.margin)
	defer cancel()
	m.mu.Lock()
	m.stopping = true
	m.abandon(ErrStopped)
	m.mu.Unlock()
	for {
		m.mu.Lock()
		m.leave()
		done := m.tenure == nil && len(m.outbox) == 0 && !m.busy
		m.mu.Unlock()
		if done {
			return
		}
		select {
		case <-m.idle:
		case <-ctx.Done():
			return
		}
	}
}

// kick wakes whoever waits on a channel of one place.
func kick(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
