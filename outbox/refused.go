package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

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
	mend := "Mend that, as by the topic's max.message.bytes or by creating it"
	if errors.Is(e.Err, bus.ErrTopicName) {
		mend = "The column that routes it and the connector's route.topic options make that of it: mend these"
	}
	return fmt.Sprintf("outbox: the row %s, %d bytes for topic %q%s cannot be published: %v. %s, and the relay goes on by itself; "+
		"or let such rows become dead letters with outbox.DeadLetters, or millrace relay --dead-letters", e.ID, e.Size, e.Topic, where, e.Err, mend)
}

func (e *RefusedError) Unwrap() error { return e.Err }

// Class is permanent.
func (e *RefusedError) Class() resilience.Class { return resilience.ClassPermanent }

// DeadLetters lets rows that Kafka refuses for good become dead letters of the group, in the topic "<group>.dlq", in the
// transaction that passes over them; see [bus.Bus.DeadLetters]. For a topic that is not known they wait ten seconds first,
// and once it was given up they do not: it is looked for again after half a minute, and then less often, up to every four.
// Later rows of the same aggregate go on without them. The default is to stop before such a row. Where access is denied
// the relay stops in any case.
func DeadLetters() RelayOption { return relayOption(func(r *Relay) { r.letters = true }) }

// refuse decides about the one record of a batch.
func (r *Relay) refuse(ctx context.Context, lease *partitions.Lease, b batch, cause error) error {
	record, at := b.records[0], b.end()
	size := len(record.Key) + len(record.Value)
	for _, h := range record.Headers {
		size += len(h.Key) + len(h.Value)
	}
	if r.letters {
		if cause = r.awaitTopic(ctx, lease, b, cause); cause == nil || !refused(cause) {
			return cause
		}
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
