//go:build synctests

package locks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// TestSimulation lets processes crash, lose Kafka, stop and start, and the log be cut off, all by chance, while their
// clients acquire, hold and give back. Nobody ever holds what another one believes to hold, tokens grow, and in
// the end everything can be acquired. MILLRACE_SEED repeats a run's choices.
func TestSimulation(t *testing.T) {
	t.Parallel()
	seeds := []uint64{rand.Uint64(), rand.Uint64()}
	if given, err := strconv.ParseUint(os.Getenv("MILLRACE_SEED"), 10, 64); err == nil {
		seeds = []uint64{given}
	} else if count, err := strconv.Atoi(os.Getenv("MILLRACE_SEEDS")); err == nil {
		for len(seeds) < count {
			seeds = append(seeds, rand.Uint64())
		}
	}
	for _, seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			h := simulate(t, seed, nil)
			if err := h.check(); err != nil {
				t.Error(err)
			}
			t.Logf("%d leases, %d of them lost", h.granted, h.lost)
			if h.granted < 30 {
				t.Errorf("only %d leases: nothing was tried", h.granted)
			}
		})
	}
}

// world is what a simulation changes.
type world struct {
	*bubble
	*history
	change    func(*Manager)
	chance    *rand.Rand
	processes []*worldProcess
	clients   sync.WaitGroup
}

// worldProcess is a process with its clients. dead is closed when it crashes.
type worldProcess struct {
	*process
	dead chan struct{}
	quit context.CancelFunc
}

func simulate(t *testing.T, seed uint64, change func(*Manager)) *history {
	t.Helper()
	h := newHistory()
	inBubble(t, func(b *bubble) {
		w := &world{bubble: b, history: h, change: change, chance: rand.New(rand.NewPCG(seed, 0))}
		b.failed = h.breaks
		for range 4 {
			w.processes = append(w.processes, w.start())
		}
		for range 60 {
			w.disturb()
			<-time.After(w.upto(4 * time.Second))
		}
		w.calm()
	})
	return h
}

func (w *world) upto(d time.Duration) time.Duration { return time.Duration(w.chance.Int64N(int64(d))) }

func (w *world) start() *worldProcess {
	lease := time.Second + w.upto(4*time.Second)
	p := w.process(func(m *Manager) {
		m.settings.silence = 10 * time.Second
		if w.change != nil {
			w.change(m)
		}
	}, LeaseTime(lease), SnapshotEvery(10+w.chance.IntN(60)))
	ctx, quit := context.WithCancel(w.Context())
	started := &worldProcess{p, make(chan struct{}), quit}
	for range 3 {
		client := rand.New(rand.NewPCG(w.chance.Uint64(), 0))
		w.clients.Go(func() { w.client(ctx, started, client) })
	}
	return started
}

// client acquires, holds and gives back until its process ends.
func (w *world) client(ctx context.Context, p *worldProcess, chance *rand.Rand) {
	upto := func(d time.Duration) time.Duration { return time.Duration(chance.Int64N(int64(d))) }
	for ctx.Err() == nil {
		all := []string{"a", "b", "c", "d"}
		chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		patient, cancel := context.WithTimeout(ctx, upto(40*time.Second))
		called := w.now()
		lease, err := p.Acquire(patient, all[:1+chance.IntN(2)]...)
		cancel()
		if errors.Is(err, ErrStopped) {
			return
		}
		if err == nil {
			w.hold(ctx, p, lease, called, upto(6*time.Second))
		}
		select {
		case <-time.After(upto(time.Second)):
		case <-ctx.Done():
		}
	}
}

func (w *world) hold(ctx context.Context, p *worldProcess, lease *Lease, called int64, d time.Duration) {
	select {
	case <-p.dead:
		return // the process died before the lease was known to anybody
	default:
	}
	w.holds(called, lease)
	select {
	case <-p.dead:
		w.over(lease)
		return
	case <-lease.Lost():
		w.over(lease)
		w.mu.Lock()
		w.lost++
		w.mu.Unlock()
	case <-time.After(d):
		logged := w.over(lease)
		if lease.Release(ctx) == nil {
			logged()
		}
		return
	}
	_ = lease.Release(ctx)
}

// disturb does one thing by chance.
func (w *world) disturb() {
	at := w.chance.IntN(len(w.processes))
	p := w.processes[at]
	switch n := w.chance.IntN(100); {
	case n < 30:
		p.wire.set(true)
	case n < 65:
		for _, each := range w.processes {
			each.wire.set(false)
		}
	case n < 75: // a crash: nothing more comes from it
		close(p.dead)
		p.wire.set(true)
		w.end(at)
	case n < 82:
		p.wire.set(false)
		w.end(at)
	case n < 90:
		w.truncate(int64(w.chance.IntN(80)))
	}
}

// end stops a process and starts another one in its place.
func (w *world) end(at int) {
	p := w.processes[at]
	p.quit()
	w.clients.Go(p.stop)
	w.processes[at] = w.start()
}

// calm lets everything heal, and looks whether the locks can be had.
func (w *world) calm() {
	for _, p := range w.processes {
		p.wire.set(false)
		p.quit()
	}
	ctx, cancel := context.WithTimeout(w.Context(), 5*time.Minute)
	defer cancel()
	for i, p := range w.processes {
		called := w.now()
		lease, err := p.Acquire(ctx, "a", "b", "c", "d")
		if err != nil {
			w.breaks(fmt.Errorf("process %d cannot acquire what nobody holds: %w\n%v", i, err, p.Locks()))
			continue
		}
		w.holds(called, lease)
		logged := w.over(lease)
		if err := lease.Release(ctx); err != nil {
			w.breaks(err)
		}
		logged()
	}
	for _, p := range w.processes {
		p.stop()
	}
	w.clients.Wait()
}
