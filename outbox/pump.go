package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bus"
)

const (
	batchRecords  = 2_000
	batchBytes    = 1 << 20
	batchesAhead  = 8
	reportEvery   = time.Second
	publishAtMost = 10_000
)

// batch is a run of records in log order. end is the position that may be confirmed when they are published, or 0
// within a transaction.
type batch struct {
	records []bus.Message
	bytes   int
	end     LSN
}

// pump moves the log's records to the publisher: one goroutine reads and routes, one publishes, one reports.
func (r *Relay) pump(ctx context.Context, s *stream) error {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan batch, batchesAhead)
	var pending atomic.Int64
	report := make(chan struct{}, 1)
	group.Go(func() error {
		defer close(batches)
		return (&reader{relay: r, stream: s, batches: batches, pending: &pending, report: report}).run(ctx)
	})
	group.Go(func() error { return r.publish(ctx, s, batches, &pending, report) })
	group.Go(func() error { return r.report(ctx, s, report) })
	err := group.Wait()
	return errors.Join(err, s.report())
}

// publish sends batches one after the other, several at once where they have piled up, so that a failure leaves no
// later record before an earlier one that is missing.
func (r *Relay) publish(ctx context.Context, s *stream, batches <-chan batch, pending *atomic.Int64, report chan<- struct{}) error {
	for next := range batches {
		taken := int64(1)
		for len(next.records) < publishAtMost {
			more, ok := poll(batches)
			if !ok {
				break
			}
			next.records = append(next.records, more.records...)
			next.end = max(next.end, more.end)
			taken++
		}
		began := time.Now()
		if err := r.publisher.Publish(ctx, next.records...).Err(); err != nil {
			return fmt.Errorf("publish %d records: %w", len(next.records), err)
		}
		r.meters.published(ctx, len(next.records), time.Since(began))
		if next.end > 0 {
			s.confirm(next.end)
		}
		pending.Add(-taken)
		r.note(func(status *Status) {
			status.Published += int64(len(next.records))
			status.Confirmed = max(status.Confirmed, next.end)
		})
		select {
		case report <- struct{}{}:
		default:
		}
	}
	return nil
}

func poll(batches <-chan batch) (batch, bool) {
	select {
	case next, ok := <-batches:
		return next, ok
	default:
		return batch{}, false
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
