package partitions

import (
	"context"

	"github.com/millrace/millrace/bus"
)

// Tell publishes, as [Tx.Publish] does, what the transaction does not stand or fall with. Where brokers take nothing for a message's topic,
// since it is not there or may not be written, it is waited for as long as Publish waits; after that the message is left out. One that is too
// large, or more than a call may emit, is left out too. It is false where anything was left out. A message that cannot be encoded fails
// the call.
func (tx *Tx) Tell(ctx context.Context, msgs ...bus.Message) (told bool) {
	told = true
	for i := range msgs {
		records, err := tx.encode(ctx, msgs[i])
		if err != nil {
			tx.fail(err)
			return false
		}
		if !tx.takes(records) {
			told = false
			continue
		}
		tx.emitted += len(records)
		for r := range records {
			tx.batch.emit(ctx, &records[r])
		}
	}
	return told
}

func (tx *Tx) encode(ctx context.Context, msg bus.Message) ([]bus.Record, error) {
	if record, ready := msg.Record(); ready {
		return []bus.Record{record}, nil
	}
	return tx.batch.engine.bus.Encode(ctx, msg)
}

func (tx *Tx) takes(records []bus.Record) bool {
	for r := range records {
		if tx.batch.check(&records[r], tx.emitted+len(records)) != nil {
			return false
		}
	}
	return true
}
