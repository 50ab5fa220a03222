package bus

import (
	"context"
	"errors"
)

// Publisher takes messages. A [Bus] sends them to Kafka; an outbox writes them into a database transaction.
type Publisher interface {
	// Publish returns one result for every message, in order; an [Atomic] message gives one for each that it holds.
	Publish(ctx context.Context, msgs ...Message) Results
}

// Result is what became of one message. Partition and Offset are -1 where the publisher does not know them.
type Result struct {
	ID        string
	Topic     Topic
	Partition Partition
	Offset    int64
	Err       error
}

// Results are in the order of the messages.
type Results []Result

// Err joins the errors of all results; nil means that every message was acknowledged.
func (r Results) Err() error {
	var errs []error
	for _, result := range r {
		if result.Err != nil {
			errs = append(errs, result.Err)
		}
	}
	return errors.Join(errs...)
}
