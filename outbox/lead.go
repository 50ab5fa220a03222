package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

const (
	standbyWait = time.Second
	healthy     = 30 * time.Second
)

// lead publishes while the lease stands: one session after the other.
func (r *Relay) lead(ctx context.Context, lease *partitions.Lease) error {
	interrupted := resilience.RetryPolicy{Attempts: 1, Initial: 100 * time.Millisecond, Max: 5 * time.Second, Multiplier: 2, Jitter: 0.5}
	halted := resilience.RetryPolicy{Attempts: 1, Initial: time.Second, Max: 30 * time.Second, Multiplier: 2, Jitter: 0.2}
	failures, busy := 0, false
	defer r.tell(ctx, lease)()
	defer r.seek(ctx, lease.Bus())()
	for {
		began, before := time.Now(), r.Status().Published
		err := r.session(ctx, lease)
		if ctx.Err() != nil {
			r.note(func(s *Status) { s.Working, s.Halted, s.Lag, s.Behind, s.Rate, s.Err = false, false, -1, 0, 0, nil })
			return nil // the next lease goes on
		}
		halt := halts(err)
		r.note(func(s *Status) { s.Working, s.Halted, s.Lag, s.Rate, s.Err = false, halt, -1, 0, err })
		if time.Since(began) > healthy || r.Status().Published > before {
			failures = 0
		}
		failures++
		wait := standbyWait
		switch {
		case errors.Is(err, errBusy):
			if !busy {
				r.logger.WarnContext(ctx, "the replication slot is read by something else; the relay waits", "slot", r.slot, "error", err)
			}
		case halt:
			wait = halted.Delay(failures)
			r.logger.ErrorContext(ctx, "the relay cannot go on until this is mended", "slot", r.slot, "again", wait, "error", err)
		default:
			wait = interrupted.Delay(failures)
			r.logger.WarnContext(ctx, "relay interrupted; starting again", "slot", r.slot, "in", wait, "error", err)
		}
		busy = errors.Is(err, errBusy)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// halts says whether an error does not pass by itself.
func halts(err error) bool {
	for _, kind := range []error{ErrSlot, ErrTable, ErrConnector, errMalformed} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return resilience.ClassOf(err) == resilience.ClassPermanent
}

// session publishes from the committed checkpoint on, until something fails or the lease ends.
func (r *Relay) session(ctx context.Context, lease *partitions.Lease) error {
	stored, err := r.read(ctx, lease)
	if err != nil {
		return err
	}
	feed, err := r.source.open(ctx, stored, claim{group: request.From(ctx).Shard.Group, token: lease.Token()})
	if err != nil {
		return err
	}
	at, anew := feed.begins()
	if anew {
		err = r.write(ctx, lease, batch{at: func(int) checkpoint { return at }})
	}
	if err == nil {
		err = feed.committed(ctx, at)
	}
	if err == nil {
		r.logger.InfoContext(ctx, "relay works", "slot", r.slot, "token", lease.Token())
		r.note(func(s *Status) { s.Working, s.Halted, s.Err = true, false, nil })
		running, inner := errgroup.WithContext(ctx)
		running.Go(func() error { return feed.run(inner) })
		running.Go(func() error { return r.publish(inner, lease, feed) })
		err = running.Wait()
	}
	if closing := feed.close(ctx); closing != nil {
		r.logger.DebugContext(ctx, "relay's connections did not close in good order", "slot", r.slot, "error", closing)
	}
	return err //nolint:wrapcheck // each says what failed
}

// publish commits one batch after the other, so that nothing is published behind a batch that failed.
func (r *Relay) publish(ctx context.Context, lease *partitions.Lease, feed feed) error {
	for {
		b, err := feed.next(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // stopping is no failure
			}
			return fmt.Errorf("read rows: %w", err)
		}
		if err := r.commit(ctx, lease, b); err != nil {
			return err
		}
		if err := feed.committed(ctx, b.end()); err != nil {
			return fmt.Errorf("give committed rows back: %w", err)
		}
	}
}
