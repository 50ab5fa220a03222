package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

const (
	reportEvery = time.Second
	// drainLimit is how long a relay that stops waits for the batch that is on its way.
	drainLimit = 10 * time.Second
)

// pump moves the log's records to the publisher: one goroutine reads and routes, one publishes, one reports.
func (r *Relay) pump(ctx context.Context, s *stream) error {
	group, ctx := errgroup.WithContext(ctx)
	waiting := newQueue()
	moved := make(chan struct{}, 1)
	group.Go(func() error {
		return (&reader{relay: r, stream: s, queue: waiting, report: moved}).run(ctx)
	})
	group.Go(func() error { return r.publish(ctx, s, waiting, moved) })
	group.Go(func() error { return r.report(ctx, s, moved) })
	err := group.Wait()
	return errors.Join(err, s.report())
}

// publish sends one batch after the other, so that nothing is published behind a batch that failed.
func (r *Relay) publish(ctx context.Context, s *stream, waiting *queue, moved chan<- struct{}) error {
	for {
		next, err := waiting.take(ctx)
		if err != nil {
			return nil //nolint:nilerr // stopping is no failure
		}
		published := 0
		if len(next.records) > 0 {
			began := time.Now()
			published, err = r.deliver(ctx, next.records)
			r.meters.published(ctx, published, time.Since(began))
		}
		end := next.confirmable(published)
		s.confirm(end)
		r.note(func(status *Status) {
			status.Published += int64(published)
			status.Confirmed = max(status.Confirmed, end)
		})
		if err != nil {
			return err
		}
		waiting.done()
		signal(moved)
	}
}

// deliver publishes a batch and returns how many records from its start were acknowledged. What is on its way when the
// relay stops is waited for, so that a planned stop repeats nothing that was acknowledged.
func (r *Relay) deliver(ctx context.Context, records []bus.Message) (published int, err error) {
	draining, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(drainLimit)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-draining.Done():
		}
	})
	defer stop()
	return acknowledged(r.publisher.Publish(draining, records...), len(records))
}

// acknowledged is the length of the prefix without errors. All errors are summed up in one, preferably one that does
// not mend itself.
func acknowledged(results bus.Results, records int) (prefix int, err error) {
	var told error
	failed := 0
	for i, result := range results {
		if result.Err == nil {
			continue
		}
		if failed == 0 {
			prefix = i
		}
		failed++
		if told == nil || (resilience.ClassOf(told) != resilience.ClassPermanent &&
			resilience.ClassOf(result.Err) == resilience.ClassPermanent) {
			told = result.Err
		}
	}
	switch {
	case failed > 0:
		return prefix, fmt.Errorf("publish: %d of %d records failed, among them: %w", failed, records, told)
	case len(results) != records:
		return 0, fmt.Errorf("publish: the publisher gave %d results for %d records", len(results), records)
	default:
		return records, nil
	}
}

// report tells the server the position each second, and soon after it moved.
func (r *Relay) report(ctx context.Context, s *stream, moved <-chan struct{}) error {
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-moved:
		}
		if err := s.report(); err != nil {
			return err
		}
		r.note(func(status *Status) {
			status.Confirmed = max(status.Confirmed, LSN(s.confirmed.Load()))
			status.Lag = max(int64(s.walEnd.Load()-s.confirmed.Load()), 0) //nolint:gosec // positions are far below 2^63
		})
	}
}
