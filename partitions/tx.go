package partitions

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// Tx is what a handler does to its shard. All of it becomes visible at once with the offset of the record that it
// handles, or nothing of it. It must not be kept or used outside the handler's own goroutine.
//
// Errors of tables and messages stick: see [Tx.Err]. The handler need not check them.
type Tx struct {
	batch   *batch
	shard   *shard
	overlay *overlay
	record  bus.Record
	ctx     context.Context //nolint:containedctx // made when asked for: most handlers do not need it
	scratch []byte
	emitted int
	later   bool // the command's answer is sent by another transaction
	err     error
	broken  error
}

// maxEmitted bounds the messages of one handler call.
const maxEmitted = 10_000

// ErrLimit is found in the error of a transaction that is more than a record or a batch can hold.
var ErrLimit = errors.New("partitions: limit")

// Record is the record that is handled. It is empty in timers and local functions.
func (tx *Tx) Record() bus.Record { return tx.record }

// Shard is the number of the shard.
func (tx *Tx) Shard() int32 { return tx.shard.id }

// Token is the shard's fencing token: it grows with each change of ownership, and what is written elsewhere under an
// older one can be refused by it.
func (tx *Tx) Token() int64 { return tx.shard.token.Load() }

// Now is the wall time at which the batch began: the same for all that it handles, so that replies and rows agree.
func (tx *Tx) Now() time.Time { return tx.batch.now }

// Context carries the request that the record came from, its trace, and where it is handled. It ends when the
// transaction has to.
func (tx *Tx) Context() context.Context {
	if tx.ctx == nil {
		ctx := tx.record.Origin(tx.batch.ctx)
		info := request.From(ctx)
		info.Shard = request.Shard{Group: tx.batch.engine.config.name, ID: tx.shard.id, Node: tx.batch.engine.config.node, Leader: true}
		tx.ctx = request.With(ctx, info)
	}
	return tx.ctx
}

// Err is the first error of what was done through the transaction. The handler's call fails with it, whatever the
// handler returns.
func (tx *Tx) Err() error { return errors.Join(tx.broken, tx.err) }

// Emit publishes messages when the transaction commits. They carry tenant, request id and trace of the record.
func (tx *Tx) Emit(msgs ...bus.Message) {
	for i := range msgs {
		record, ready := msgs[i].Record()
		if !ready {
			tx.fail(tx.Publish(tx.Context(), msgs[i]).Err())
			continue
		}
		if err := tx.batch.check(&record, tx.emitted+1); err != nil {
			tx.fail(err)
			return
		}
		tx.emitted++
		tx.batch.emit(tx.batch.life, &record)
	}
}

// Publish makes a Tx a [bus.Publisher], so that what takes one can work within the transaction. Results have no
// partition and no offset: these are known after the commit only.
func (tx *Tx) Publish(ctx context.Context, msgs ...bus.Message) bus.Results {
	results := make(bus.Results, 0, len(msgs))
	for i := range msgs {
		records, err := tx.batch.engine.bus.Encode(ctx, msgs[i])
		if err == nil {
			for r := range records {
				err = errors.Join(err, tx.batch.check(&records[r], tx.emitted+len(records)))
			}
		}
		if err != nil {
			results = append(results, bus.Result{ID: msgs[i].ID(), Partition: -1, Offset: -1, Err: err})
			continue
		}
		tx.emitted += len(records)
		for r := range records {
			tx.batch.emit(ctx, &records[r])
			results = append(results, bus.Result{ID: records[r].ID(), Topic: records[r].Topic, Partition: -1, Offset: -1})
		}
	}
	return results
}

func (tx *Tx) fail(err error) {
	if err != nil && tx.err == nil {
		tx.err = err
	}
}

// uses says whether the part belongs to the group, and fails the transaction if not.
func (tx *Tx) uses(p part) bool {
	err := tx.batch.engine.config.using(p)
	tx.fail(err)
	return err == nil
}

func (tx *Tx) get(key []byte) ([]byte, bool) {
	value, found, err := tx.overlay.get(key)
	tx.breaks(err)
	return value, found && err == nil
}

func (tx *Tx) scan(from, to []byte, yield func(key, value []byte) bool) {
	tx.breaks(tx.overlay.scan(from, to, yield))
}

func (tx *Tx) space() *[]byte { return &tx.scratch }
func (tx *Tx) now() time.Time { return tx.batch.now }

// whole says whether nothing of the shard's state has failed to be read.
func (tx *Tx) whole() bool { return tx.broken == nil }

func (tx *Tx) set(key, value []byte) {
	if len(key)+len(value) > maxRecord {
		tx.fail(fmt.Errorf("%w: a row of %d bytes does not fit a record of %d", ErrLimit, len(key)+len(value), maxRecord))
		return
	}
	tx.overlay.set(key, value)
}

// breaks notes that local state failed: no fault of the record's, so that the group ends instead of giving it up.
func (tx *Tx) breaks(err error) {
	if err != nil && tx.broken == nil {
		tx.broken = fmt.Errorf("local state: %w", err)
	}
}

// call runs f and turns a panic into an error.
func (tx *Tx) call(f func(*Tx) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &bus.PanicError{Value: fmt.Sprint(v), Stack: string(debug.Stack())}
		}
	}()
	return f(tx)
}
