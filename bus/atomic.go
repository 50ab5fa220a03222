package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/resilience"
)

// transactors are the transactional producers of a bus: made when first needed, one transaction at a time each, used
// in turn, because the next transaction of one producer waits for the last one's markers.
type transactors struct {
	config *config
	idle   chan *kgo.Client
	slots  chan struct{}
	closed chan struct{}
	mu     sync.Mutex
}

const transactionEnd = 10 * time.Second

func newTransactors(c *config) *transactors {
	return &transactors{
		config: c, idle: make(chan *kgo.Client, c.atomics),
		slots: make(chan struct{}, c.atomics), closed: make(chan struct{}),
	}
}

// publish sends the records at the indices of group in one transaction and settles all of them alike.
func (t *transactors) publish(ctx context.Context, batch *batch, group []int) {
	client, err := t.take(ctx)
	if err != nil {
		batch.settleAll(group, nil, err)
		return
	}
	records := make([]*kgo.Record, len(group))
	for i, at := range group {
		records[i] = batch.records[at]
	}
	usable, err := transact(ctx, client, records)
	batch.settleAll(group, records, err)
	t.put(client, usable)
}

// transact says whether the producer may be used again, and why the transaction did not commit.
func transact(ctx context.Context, client *kgo.Client, records []*kgo.Record) (bool, error) {
	if err := client.BeginTransaction(); err != nil {
		return false, fmt.Errorf("begin transaction: %w", err)
	}
	failed := client.ProduceSync(ctx, records...).FirstErr()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), transactionEnd)
	defer cancel()
	if failed != nil {
		if err := errors.Join(client.AbortBufferedRecords(ending), client.EndTransaction(ending, kgo.TryAbort)); err != nil {
			return false, resilience.Indefinite(fmt.Errorf("abort: %w; after: %w", err, failed))
		}
		return true, aborted(failed)
	}
	if err := client.EndTransaction(ending, kgo.TryCommit); err != nil {
		return false, resilience.Indefinite(fmt.Errorf("%w: commit: %w", ErrIndefinite, err))
	}
	return true, nil
}

// aborted is the error of a transaction of which nothing can be seen: it is never indefinite.
func aborted(cause error) error {
	err := fmt.Errorf("the transaction was aborted: %w", cause)
	if (&PublishError{Err: cause}).Class() == resilience.ClassPermanent {
		return resilience.Permanent(err)
	}
	return resilience.Transient(err)
}

func (t *transactors) take(ctx context.Context) (*kgo.Client, error) {
	select {
	case <-t.closed:
		return nil, ErrClosed
	case client := <-t.idle:
		return client, nil
	default:
	}
	select {
	case <-t.closed:
		return nil, ErrClosed
	case client := <-t.idle:
		return client, nil
	case t.slots <- struct{}{}:
		client, err := t.config.client(kgo.TransactionalID("millrace-" + uuid.NewString()))
		if err != nil {
			<-t.slots
		}
		return client, err
	case <-ctx.Done():
		return nil, resilience.Transient(fmt.Errorf("no transactional producer was free: %w", context.Cause(ctx)))
	}
}

// put gives a producer back. One whose transaction did not end cleanly is thrown away, and with it what it left open.
func (t *transactors) put(client *kgo.Client, usable bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if usable && !t.isClosed() {
		t.idle <- client
		return
	}
	client.Close()
	<-t.slots
}

func (t *transactors) isClosed() bool {
	select {
	case <-t.closed:
		return true
	default:
		return false
	}
}

func (t *transactors) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.isClosed() {
		close(t.closed)
	}
	for len(t.idle) > 0 {
		(<-t.idle).Close()
	}
}

func (b *batch) settleAll(group []int, records []*kgo.Record, err error) {
	for n, i := range group {
		var record *kgo.Record
		if records != nil {
			record = records[n]
		}
		b.settle(i, record, err)
	}
}
