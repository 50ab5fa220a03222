package partitions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// RedriveOption changes how parked records are handled again. See [Group.Redrive].
type RedriveOption interface{ applyRedrive(*redrive) }

type redriveOption func(*redrive)

func (f redriveOption) applyRedrive(r *redrive) { f(r) }

// SkipFirst makes the first record a dead letter, in the topic "<group>.dlq", instead of handling it again.
func SkipFirst() RedriveOption { return redriveOption(func(r *redrive) { r.skip = true }) }

type redrive struct {
	engine *engine
	of     []parking
	skip   bool
	done   atomic.Int64
	empty  atomic.Bool
	ended  atomic.Bool // by an error
	failed *batch
	// fetched handles the record of a row, whose payload stood elsewhere. The row may have another one since.
	fetched func(*Tx) error
	row     []byte
	record  bus.Record
}

// redriveAtOnce is how many parked records one transaction may handle.
const redriveAtOnce = 64

// Redrive handles the parked records of a key again, in their order, each in a transaction of the key's shard, and those
// that are parked meanwhile. Where tenants are apart they are those of the context's tenant: see [TenantsApart]. It ends at
// the first that fails again, which stays parked with all behind it, and returns how many were handled. A key that has none
// parked is no error. The shard must be live on this node, or the error is a [*NotOwnerError].
func (g *Group) Redrive(ctx context.Context, key string, opts ...RedriveOption) (handled int, err error) {
	e, err := g.running()
	if err != nil {
		return 0, err
	}
	s, err := e.live(key)
	if err != nil {
		return 0, err
	}
	r := &redrive{engine: e, of: []parking{{key: []byte(key)}}}
	if tenant := request.From(ctx).Tenant; tenant != "" {
		r.of = append(r.of, parking{[]byte(key), string(tenant)})
	}
	for _, opt := range opts {
		opt.applyRedrive(r)
	}
	for err == nil && !r.empty.Load() {
		err = r.some(ctx, s)
		r.skip = false
	}
	return int(r.done.Load()), missing(err != nil, "partitions: redrive %q: %w", key, err)
}

// some handles up to redriveAtOnce records.
func (r *redrive) some(ctx context.Context, s *shard) (err error) {
	if err := r.fetch(ctx, s); err != nil {
		return err
	}
	r.ended.Store(false)
	ended := make(chan error, redriveAtOnce)
	commands := make([]command, redriveAtOnce)
	for i := range commands {
		skip := r.skip && i == 0
		commands[i] = command{
			shard: s, do: func(tx *Tx) error { return r.next(tx, skip) }, done: func(err error) {
				if err != nil {
					r.ended.Store(true)
				}
				ended <- err
			},
		}
	}
	s.lane.post(commands...)
	for range commands {
		select {
		case failed := <-ended:
			if err == nil && !errors.Is(failed, errSkipped) {
				err = failed
			}
		case <-ctx.Done():
			return resilience.Indefinite(fmt.Errorf("it goes on: %w", context.Cause(ctx)))
		}
	}
	return err
}

// errSkipped: a record before this one has failed, or what it refers to is fetched before another transaction.
var errSkipped = errors.New("partitions: a record before this one was not handled")

// fetch has what the first parked record refers to. What else may be wrong with it the transaction finds out.
func (r *redrive) fetch(ctx context.Context, s *shard) (err error) {
	r.row, r.record, r.fetched = nil, bus.Record{}, nil
	if r.skip {
		return nil
	}
	for _, key := range r.of {
		value, _, _ := s.state.Get(key.row(parkedPrefix))
		at, parked := parseParkedKey(value)
		if !parked {
			continue
		}
		row := parkRow(key, at.first)
		value, _, _ = s.state.Get(row)
		letter, failed := r.engine.parseParked(value)
		if h := r.elsewhere(&letter.Record); failed == nil && h != nil {
			r.row, r.record = row, letter.Record
			r.fetched, err = h.fetch(ctx, letter.Record)
		}
		return err
	}
	return nil
}

// elsewhere is the handler of a record that refers to something elsewhere, or nil.
func (r *redrive) elsewhere(record *bus.Record) *handler {
	h := r.engine.config.handlers[record.Topic].of(record)
	if h == nil || h.fetch == nil {
		return nil
	}
	if _, elsewhere := h.refers(*record); !elsewhere {
		return nil
	}
	return h
}

// next handles the first parked record of the key.
func (r *redrive) next(tx *Tx, skip bool) error {
	if r.failed == tx.batch || r.ended.Load() {
		return errSkipped
	}
	var key parking
	var at parkedKey
	var parked bool
	for i := 0; i < len(r.of) && !parked; i++ {
		key = r.of[i]
		at, parked = tx.parked(key)
	}
	if !parked {
		tx.batch.after = append(tx.batch.after, afterwards{then: func() { r.empty.Store(true) }})
		return tx.Err()
	}
	row := parkRow(key, at.first)
	value, found := tx.get(row)
	if !found {
		return errors.Join(tx.Err(), fmt.Errorf("parked record %d is missing", at.first))
	}
	letter, err := r.engine.parseParked(value)
	if err == nil {
		err = r.handle(tx, letter, row, skip)
	}
	if err = errors.Join(err, tx.err); err != nil {
		r.failed = tx.batch
		return err
	}
	tx.set(row, nil)
	at.first++
	tx.setParked(key, at)
	tx.batch.after = append(tx.batch.after, afterwards{then: func() { r.done.Add(1) }})
	return nil
}

func samePlace(a, b *bus.Record) bool {
	return a.Topic == b.Topic && a.Partition == b.Partition && a.Offset == b.Offset
}

func (r *redrive) handle(tx *Tx, letter bus.DeadLetter, row []byte, skip bool) error {
	if skip {
		return tx.Publish(tx.batch.ctx, letter.Message(r.engine.config.name)).Err()
	}
	tx.record = letter.Record
	switch {
	case r.fetched != nil && bytes.Equal(row, r.row) && samePlace(&r.record, &letter.Record):
		return r.fetched(tx)
	case r.elsewhere(&letter.Record) != nil:
		return errSkipped
	}
	h := r.engine.config.handlers[letter.Record.Topic].of(&letter.Record)
	if h == nil {
		return nil
	}
	return h.invoke(tx)
}
