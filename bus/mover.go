package bus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrTakenOver is found in the error of a [Bus.Redrive] or [Bus.Discard] after which another one of the same group has begun: look which dead letters
// are left, and go on with those.
var ErrTakenOver = errors.New("bus: another redrive or discard of the group has begun")

// errOverrun is why a transaction is refused that has lasted as long as Kafka lets one: it was ended for that, or because another mover has begun
// meanwhile, which Kafka's answers do not tell apart.
var errOverrun = errors.New("bus: Kafka has ended the transaction, which took too long; try again when Kafka is less busy")

// mover moves dead letters of one group. Its transactional id is the group's own, so that who begins fences who has begun before, and then reads
// all that the other has moved.
type mover struct {
	bus    *Bus
	group  string
	client *kgo.Client
}

func (b *Bus) newMover(ctx context.Context, group string) (*mover, error) {
	sum := sha256.Sum256([]byte(group))
	client, err := b.config.client(kgo.TransactionalID("millrace-letters-" + hex.EncodeToString(sum[:16])))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, b.config.publishTimeout, context.DeadlineExceeded)
	defer cancel()
	if _, _, err := client.ProducerID(ctx); err != nil {
		client.Close()
		return nil, fmt.Errorf("bus: settle dead letters of %s: %w", group, b.config.reach.explain(readError(err)))
	}
	return &mover{b, group, client}, nil
}

// move publishes messages in one transaction.
func (m *mover) move(ctx context.Context, messages []Message) error {
	batch := m.bus.newBatch(ctx, []Message{Atomic(messages...)})
	ctx, cancel := context.WithTimeoutCause(ctx, m.bus.config.publishTimeout, context.DeadlineExceeded)
	defer cancel()
	m.bus.learnLimits(ctx, batch)
	for _, group := range batch.groups {
		records := make([]*kgo.Record, len(group))
		for i, at := range group {
			records[i] = batch.records[at]
		}
		began := time.Now()
		_, err := transact(ctx, m.client, records)
		switch {
		case !ended(err):
		case time.Since(began) < m.bus.config.transaction:
			err = fmt.Errorf("%w: %s", ErrTakenOver, m.group)
		default:
			err = fmt.Errorf("%w: dead letters of %s: %w", errOverrun, m.group, err)
		}
		batch.settleAll(group, records, err)
	}
	return batch.results.Err()
}

// ended says whether a transaction was refused because it is no longer the one that its transactional id has.
func ended(err error) bool {
	return errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch) || errors.Is(err, kerr.InvalidTxnState)
}
