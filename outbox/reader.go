package outbox

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/millrace/millrace/bus"
)

// reader turns the log into batches.
type reader struct {
	relay   *Relay
	stream  *stream
	batches chan<- batch
	pending *atomic.Int64
	report  chan<- struct{}

	routers map[uint32]*router
	current batch
	open    bool
}

func (r *reader) run(ctx context.Context) error {
	r.routers = make(map[uint32]*router)
	for {
		message, err := r.stream.next(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // stopping is no failure
		}
		if err != nil {
			return err
		}
		if err := r.take(ctx, message); err != nil {
			return err
		}
	}
}

func (r *reader) take(ctx context.Context, message any) error {
	switch message := message.(type) {
	case keepalive:
		// With nothing on its way, everything up to here concerned other tables.
		if !r.open && r.pending.Load() == 0 {
			r.stream.confirm(message.end)
		}
		if message.reply {
			select {
			case r.report <- struct{}{}:
			default:
			}
		}
	case walBegin:
		r.open = true
	case walRelation:
		router, err := newRouter(message, r.relay.connector)
		if err != nil {
			return err
		}
		r.routers[message.id] = router
	case walInsert:
		return r.insert(ctx, message)
	case walCommit:
		r.open = false
		r.current.end = message.end
		return r.send(ctx)
	}
	return nil
}

func (r *reader) insert(ctx context.Context, message walInsert) error {
	router := r.routers[message.relation]
	if router == nil {
		return fmt.Errorf("%w: a row of an unknown relation", errMalformed)
	}
	record, err := router.record(message.values)
	if err != nil {
		return err
	}
	r.current.records = append(r.current.records, record.Message())
	r.current.bytes += len(record.Key) + len(record.Value)
	if len(r.current.records) >= batchRecords || r.current.bytes >= batchBytes {
		return r.send(ctx)
	}
	return nil
}

// send hands the batch on. It waits while the publisher is behind, and the server with it.
func (r *reader) send(ctx context.Context) error {
	r.pending.Add(1)
	select {
	case r.batches <- r.current:
		r.current = batch{records: make([]bus.Message, 0, cap(r.current.records))}
		return nil
	case <-ctx.Done():
		return nil
	}
}
