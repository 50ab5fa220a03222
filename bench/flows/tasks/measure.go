package tasks

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/bench/flows/phase"
)

const (
	patience = 5 * time.Minute // for a job
	settle   = time.Second     // before the low pace, and for jobs that come again
)

// Measure lets the engine run through the phases.
func Measure(ctx context.Context, engine Engine, w Work, t phase.Teller) error {
	for _, p := range []struct {
		name string
		run  func(context.Context, Engine, Work) (Mark, error)
	}{{Enqueue, enqueue}, {Drain, drain}, {Low, low}} {
		if err := t.Tell(Mark{Phase: p.name}); err != nil {
			return err
		}
		m, err := p.run(ctx, engine, w)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		m.Phase, m.Over = p.name, true
		if err := t.Tell(m); err != nil {
			return err
		}
	}
	return nil
}

// enqueue lets callers enqueue batches side by side.
func enqueue(ctx context.Context, engine Engine, w Work) (Mark, error) {
	jobs.expect(w.Jobs)
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var next atomic.Int64
	var calls sync.WaitGroup
	began := time.Now()
	for range w.Callers {
		calls.Go(func() {
			for ctx.Err() == nil {
				from := int(next.Add(int64(w.Batch))) - w.Batch
				var batch []Job
				for n := from; n < min(from+w.Batch, w.Jobs); n++ {
					batch = append(batch, job(n))
				}
				if len(batch) == 0 {
					return
				}
				if err := engine.Enqueue(ctx, batch...); err != nil {
					fail(err)
				}
			}
		})
	}
	calls.Wait()
	return Mark{Jobs: w.Jobs, Took: time.Since(began)}, context.Cause(ctx)
}

// drain starts the workers.
func drain(ctx context.Context, engine Engine, w Work) (m Mark, err error) {
	stop, err := phase.Profile(w.Profile)
	if err != nil {
		return m, err
	}
	defer stop()
	began := time.Now()
	if err := engine.Work(ctx); err != nil {
		return m, err
	}
	if err := finish(ctx); err != nil {
		return m, err
	}
	return Mark{Jobs: w.Jobs, First: jobs.first.Sub(began), Took: jobs.last.Sub(jobs.first)}, nil
}

// low enqueues one job after the other, at a pace that leaves the machine idle.
func low(ctx context.Context, engine Engine, w Work) (m Mark, err error) {
	if err := phase.Pause(ctx, settle); err != nil {
		return m, err
	}
	count := max(int(w.Low/w.Pace), 1)
	jobs.expect(count)
	ticks := time.NewTicker(w.Pace)
	defer ticks.Stop()
	began := time.Now()
	for n := range count {
		if err := engine.Enqueue(ctx, job(n)); err != nil {
			return m, err
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return m, context.Cause(ctx)
		}
	}
	if err := finish(ctx); err != nil {
		return m, err
	}
	return Mark{Jobs: count, Took: time.Since(began), Times: jobs.times}, nil
}

// finish waits until all jobs are handled, and a moment longer for those that come again.
func finish(ctx context.Context) error {
	select {
	case <-jobs.done:
	case <-time.After(patience):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return errors.Join(phase.Pause(ctx, settle), jobs.verdict())
}
