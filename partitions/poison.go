package partitions

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// Poison says what becomes of a record that cannot be handled.
type Poison int8

// What may become of it.
const (
	// DeadLetter writes it to the topic "<group>.dlq" in the transaction that passes over it, and goes on. See
	// [bus.Bus.DeadLetters].
	DeadLetter Poison = iota
	// Park keeps it in the shard's state, and later records of its key behind it, until [Group.Redrive] handles them in
	// their order. Records of other keys go on. A record without a key becomes a dead letter.
	Park
	// Halt ends [Group.Run] with the error. The record is met again by the next run.
	Halt
)

// OnPoison chooses what becomes of records that cannot be handled, also of those whose messages brokers refuse for good. The
// default is [DeadLetter].
func OnPoison(p Poison) Option { return option(func(c *config) { c.poison = p }) }

// Retry is how often a failed handler is called again within its transaction, while all of its lane waits: keep it short.
// The default is three attempts, 5 and 10 milliseconds apart. Errors marked [resilience.Permanent], and records that
// cannot be decoded, are not tried again.
func Retry(p resilience.RetryPolicy) Option { return option(func(c *config) { c.retry = p }) }

// PoisonError says which record a group with [Halt] stopped at.
type PoisonError struct {
	Topic     bus.Topic
	Partition bus.Partition
	Offset    int64
	Attempts  int
	Err       error
}

func (e *PoisonError) Error() string {
	return fmt.Sprintf("record %s/%d@%d cannot be handled after %d attempts: %v", e.Topic, e.Partition, e.Offset, e.Attempts, e.Err)
}

func (e *PoisonError) Unwrap() error { return e.Err }

// poisoned decides about a record that was given up.
func (b *batch) poisoned(s *shard, record bus.Record, attempts int, cause error) error {
	c := b.engine.config
	if c.poison == Halt {
		return &brokenError{&PoisonError{Topic: record.Topic, Partition: record.Partition, Offset: record.Offset, Attempts: attempts, Err: cause}}
	}
	reason := bus.ReasonExhausted
	switch {
	case errors.Is(cause, bus.ErrDecode):
		reason = bus.ReasonUndecodable
	case resilience.ClassOf(cause) == resilience.ClassPermanent:
		reason = bus.ReasonPermanent
	}
	letter := bus.DeadLetter{Record: record, Reason: reason, Error: cause.Error(), Attempts: attempts, FailedAt: time.Now()}
	parked := c.poison == Park && len(record.Key) > 0
	var err error
	if parked {
		err = b.park(s, letter)
	} else {
		err = b.run(s, record, func(tx *Tx) error { return tx.Publish(b.life, letter.Message(c.name)).Err() })
	}
	if err != nil {
		return &brokenError{fmt.Errorf("keep a record that cannot be handled: %w", err)}
	}
	b.engine.meters.dead.Add(b.life, 1, b.engine.meters.group, metric.WithAttributes(attribute.Bool("parked", parked)))
	b.engine.logger.Warn("partitions: record cannot be handled", "group", c.name, "parked", parked, "topic", record.Topic,
		"partition", record.Partition, "offset", record.Offset, "attempts", attempts, "error", cause)
	return nil
}
