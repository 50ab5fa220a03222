package flows

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/bench/flows/phase"
)

const (
	warmUp = 5 * time.Second
	settle = 2 * time.Second
	look   = 10 * time.Millisecond
	woken  = 100
)

// Measure lets the engine run through the phases.
func Measure(ctx context.Context, engine Engine, w Work, t phase.Teller) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, p := range []struct {
		name       string
		concurrent int
		long       time.Duration
	}{{Warm, w.Concurrent, min(warmUp, w.Together)}, {Alone, 1, w.Alone}, {Together, w.Concurrent, w.Together}} {
		if err := t.Tell(Mark{Phase: p.name}); err != nil {
			return err
		}
		stop, err := phase.Profile(map[string]string{Together: w.Profile}[p.name])
		if err != nil {
			return err
		}
		m, err := paced(ctx, engine, w.Name+"-"+p.name, p.concurrent, p.long)
		stop()
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		m.Phase, m.Over = p.name, true
		if err := t.Tell(m); err != nil {
			return err
		}
	}
	return wait(ctx, t, engine, w)
}

// paced runs as many flows at once for so long, and waits for those that have begun.
func paced(ctx context.Context, engine Engine, prefix string, concurrent int, long time.Duration) (Mark, error) {
	var m Mark
	var of sync.Mutex
	before, began := called.Load(), time.Now()
	err := each(ctx, concurrent, func(n int) (bool, error) {
		start := time.Now()
		if start.Sub(began) >= long {
			return false, nil
		}
		id := fmt.Sprintf("%s-%d", prefix, n)
		s, err := engine.Run(ctx, id)
		if err == nil {
			err = s.check(id)
		}
		if err != nil {
			return false, err
		}
		took := time.Since(start)
		of.Lock()
		defer of.Unlock()
		m.Flow, m.Step, m.Flows = append(m.Flow, took), append(m.Step, s.between()...), m.Flows+1
		return true, nil
	})
	m.Took = time.Since(began)
	if calls := int(called.Load() - before); err == nil && calls != Steps*m.Flows {
		err = fmt.Errorf("%w: %d flows of %d steps called %d", ErrWrong, m.Flows, Steps, calls)
	}
	return m, err
}

// wait parks flows, and wakes some of them.
func wait(ctx context.Context, t phase.Teller, engine Engine, w Work) error {
	if w.Waiting == 0 {
		return nil
	}
	id := func(n int) string { return fmt.Sprintf("%s-%s-%d", w.Name, Waiting, n) }
	if err := park(ctx, t, engine, w, id); err != nil {
		return fmt.Errorf("%s: %w", Waiting, err)
	}
	if err := wake(ctx, t, engine, w, id); err != nil {
		return fmt.Errorf("%s: %w", Woken, err)
	}
	return nil
}

// park starts flows that wait, until all of them do.
func park(ctx context.Context, t phase.Teller, engine Engine, w Work, id func(int) string) error {
	if err := phase.Pause(ctx, settle); err != nil {
		return err
	}
	debug.FreeOSMemory()
	if err := t.Tell(Mark{Phase: Waiting}); err != nil {
		return err
	}
	before, began := called.Load(), time.Now()
	err := each(ctx, w.Concurrent, func(n int) (bool, error) {
		if n >= w.Waiting {
			return false, nil
		}
		return true, engine.Park(ctx, id(n))
	})
	for err == nil && called.Load()-before < int64(w.Waiting) {
		err = phase.Pause(ctx, look)
	}
	took := time.Since(began)
	if err == nil {
		err = phase.Pause(ctx, settle)
	}
	if err != nil {
		return err
	}
	debug.FreeOSMemory()
	return t.Tell(Mark{Phase: Waiting, Over: true, Flows: w.Waiting, Took: took})
}

// wake signals some of those that wait, one after the other.
func wake(ctx context.Context, t phase.Teller, engine Engine, w Work, id func(int) string) error {
	if err := t.Tell(Mark{Phase: Woken}); err != nil {
		return err
	}
	m, count, began := Mark{Phase: Woken, Over: true}, min(woken, w.Waiting), time.Now()
	for n := range count {
		one, start := id(n*w.Waiting/count), time.Now()
		s, err := engine.Wake(ctx, one)
		if err == nil {
			err = s.check(one)
		}
		if err != nil {
			return err
		}
		m.Flow, m.Flows = append(m.Flow, time.Since(start)), m.Flows+1
	}
	m.Took = time.Since(began)
	return t.Tell(m)
}

// each calls do with 0, 1, 2 … side by side, until it wants no more or fails.
func each(ctx context.Context, concurrent int, do func(n int) (more bool, err error)) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range concurrent {
		wg.Go(func() {
			for ctx.Err() == nil {
				more, err := do(int(next.Add(1) - 1))
				if err != nil {
					fail(err)
				}
				if !more {
					return
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
