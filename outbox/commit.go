package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/millrace/millrace/partitions"
)

// commit publishes a batch with its checkpoint, but for what is for topics that were given up.
func (r *Relay) commit(ctx context.Context, lease *partitions.Lease, b batch) error {
	for {
		n, cause := r.unknown.before(b.records)
		if cause == nil {
			return r.put(ctx, lease, b)
		}
		first, rest := b.cut(n)
		if n > 0 {
			if err := r.put(ctx, lease, first); err != nil {
				return err
			}
		}
		first, b = rest.cut(1)
		if err := r.refuse(ctx, lease, first, cause); err != nil || len(b.records) == 0 {
			return err
		}
	}
}

// put publishes records with their checkpoint. Where one is refused for good, what is before it is published, and what
// becomes of the record is decided.
func (r *Relay) put(ctx context.Context, lease *partitions.Lease, b batch) error {
	began := time.Now()
	err := r.write(ctx, lease, b)
	switch {
	case err == nil:
		r.meters.published(ctx, len(b.records), time.Since(began))
		r.note(func(s *Status) { s.Published += int64(len(b.records)) })
		return nil
	case !refused(err) || len(b.records) == 0:
		return err
	case len(b.records) == 1:
		return r.refuse(ctx, lease, b, err)
	}
	first, rest := b.cut(len(b.records) / 2) //nolint:mnd // halves
	if err := r.put(ctx, lease, first); err != nil {
		return err
	}
	return r.put(ctx, lease, rest)
}

// write emits a batch and puts its checkpoint, in one transaction.
func (r *Relay) write(ctx context.Context, lease *partitions.Lease, b batch) error {
	at := b.end()
	err := lease.Do(ctx, func(tx *partitions.Tx) error { //nolint:contextcheck // the transaction has its own
		for i := range b.records {
			tx.Emit(b.records[i].Message())
		}
		checkpoints.Put(tx, r.slot, at)
		return nil
	})
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}
