package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// commit publishes a batch with its checkpoint. Where a record is refused for good, what is before it is published, and
// what becomes of the record is decided.
func (r *Relay) commit(ctx context.Context, lease *partitions.Lease, b batch) error {
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
	if err := r.commit(ctx, lease, first); err != nil {
		return err
	}
	return r.commit(ctx, lease, rest)
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

// refused says whether a batch can never be published as it is.
func refused(err error) bool {
	return errors.Is(err, partitions.ErrLimit) || resilience.ClassOf(err) == resilience.ClassPermanent
}

// RefusedError says which row Kafka refuses for good, as one that is too large, or for a topic that it does not have. The
// relay stops before it. The row's id and topic are its own; Position is where it stands in the log, 0 with [Polled]. Its class is permanent.
type RefusedError struct {
	ID       string
	Topic    bus.Topic
	Size     int
	Position LSN
	Err      error
}

func (e *RefusedError) Error() string {
	where := ""
	if e.Position != 0 {
		where = ", at " + e.Position.String() + " of the log,"
	}
	return fmt.Sprintf("outbox: the row %s, %d bytes for topic %s%s cannot be published: %v. Mend that, as by the topic's "+
		"max.message.bytes or by creating it, and the relay goes on by itself; or let such rows become dead letters with "+
		"outbox.DeadLetters, or millrace relay --dead-letters", e.ID, e.Size, e.Topic, where, e.Err)
}

func (e *RefusedError) Unwrap() error { return e.Err }

// Class is permanent.
func (e *RefusedError) Class() resilience.Class { return resilience.ClassPermanent }

// DeadLetters lets rows that Kafka refuses for good become dead letters of the group, in the topic "<group>.dlq", in the
// transaction that passes over them; see [bus.Bus.DeadLetters]. Later rows of the same aggregate go on without them. The
// default is to stop before such a row. Where access is denied the relay stops in any case.
func DeadLetters() RelayOption { return relayOption(func(r *Relay) { r.letters = true }) }

// refuse decides about the one record of a batch.
func (r *Relay) refuse(ctx context.Context, lease *partitions.Lease, b batch, cause error) error {
	record, at := b.records[0], b.end()
	size := len(record.Key) + len(record.Value)
	for _, h := range record.Headers {
		size += len(h.Key) + len(h.Value)
	}
	failed := &RefusedError{ID: record.ID(), Topic: record.Topic, Size: size, Position: cmp.Or(at.Log.Change, at.Log.End), Err: cause}
	if !r.letters || errors.Is(cause, bus.ErrDenied) {
		return failed
	}
	err := lease.Do(ctx, func(tx *partitions.Tx) error {
		letter := bus.DeadLetter{Record: record, Reason: bus.ReasonPermanent, Error: cause.Error(), Attempts: 1, FailedAt: tx.Now()}
		tx.Emit(letter.Message(request.From(ctx).Shard.Group)) //nolint:contextcheck // the transaction has its own
		checkpoints.Put(tx, r.slot, at)
		return nil
	})
	if err != nil {
		failed.Err = errors.Join(cause, fmt.Errorf("nor as a dead letter: %w", err))
		return failed
	}
	r.logger.ErrorContext(ctx, "a row became a dead letter", "slot", r.slot, "id", failed.ID, "topic", failed.Topic, "error", cause)
	r.meters.refused.Add(ctx, 1, r.meters.slot)
	r.note(func(s *Status) { s.Published++; s.DeadLetters++ })
	return nil
}
