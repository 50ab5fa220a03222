package partitions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/internal/store"
	"github.com/millrace/millrace/resilience"
)

// Await waits until the table has a value of the key, which may be there already, and returns it: on the node that owns the shard of
// shardKey, and without a record or a transaction. A value that is deleted again at once may be passed over. It is decoded by the codec
// given, if one is, which may read a part of the value alone. Where this node does not own the shard, is not done restoring, or the shard leaves
// while it is waited for, the error is a [*NotOwnerError]: a [Command] that is answered by [Command.Later] waits on any node. A handler must not
// wait for its own shard.
func (t *Table[K, V]) Await(ctx context.Context, g *Group, shardKey string, key K, by ...bus.Codec[V]) (V, error) {
	var none V
	e, err := g.running()
	if err == nil {
		err = e.config.using(t)
	}
	if err != nil {
		return none, err
	}
	s, err := e.viewed(shardKey, Leased)
	if err != nil {
		return none, err
	}
	row, reads := string(t.keys.append(slices.Clone(t.prefix), key)), *t
	if len(by) > 0 {
		reads.values = by[0]
	}
	for {
		told, forget := s.awaited.join(row)
		v, found, err := reads.leased(e, s, row)
		if err != nil || found {
			forget()
			return v, err
		}
		again := time.NewTimer(awaitAgain)
		select {
		case <-told:
		case <-again.C:
		case <-s.ctx.Done():
			err = e.elsewhere(s.id)
		case <-ctx.Done():
			err = fmt.Errorf("partitions: table %s: %w", t.name, context.Cause(ctx))
		case <-e.life.Done():
			err = resilience.Indefinite(fmt.Errorf("partitions: %w", errStopped))
		}
		again.Stop()
		if forget(); err != nil {
			return none, err
		}
	}
}

// awaitAgain is after which time it is looked at whether this node still knows what the owner does: one that is cut off is told of nothing.
const awaitAgain = 15 * time.Second

// leased reads a row as the shard's owner.
func (t *Table[K, V]) leased(e *engine, s *shard, row string) (v V, found bool, err error) {
	token := s.token.Load()
	view := &View{engine: e, shard: s}
	if stored, there := view.get([]byte(row)); there {
		v, found = t.read(view, stored)
	}
	if errors.Is(view.err, store.ErrClosed) || !e.leased(s, token) {
		return v, false, e.elsewhere(s.id)
	}
	return v, found && view.err == nil, view.err
}

// awaited are the rows of a shard that somebody waits for.
type awaited struct {
	count atomic.Int64
	mu    sync.Mutex
	rows  map[string]*awaitedRow
}

type awaitedRow struct {
	waiting int
	told    chan struct{} // closed when the row is written
}

// join is one more who waits for the next time that the row is written, until forget.
func (a *awaited) join(row string) (told <-chan struct{}, forget func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.rows[row]
	if r == nil {
		if a.rows == nil {
			a.rows = make(map[string]*awaitedRow)
		}
		r = &awaitedRow{told: make(chan struct{})}
		a.rows[row] = r
		a.count.Add(1)
	}
	r.waiting++
	return r.told, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if r.waiting--; r.waiting == 0 && a.rows[row] == r {
			a.drop(row)
		}
	}
}

func (a *awaited) drop(row string) {
	delete(a.rows, row)
	a.count.Add(-1)
}

// tell wakes those who wait for rows that have been written.
func (a *awaited) tell(changes []store.Change) {
	if a.count.Load() == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range changes {
		if r := a.rows[string(changes[i].Key)]; r != nil && changes[i].Value != nil {
			close(r.told)
			a.drop(string(changes[i].Key))
		}
	}
}

// stir wakes all: the shard is not live any more.
func (a *awaited) stir() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for row, r := range a.rows {
		close(r.told)
		a.drop(row)
	}
}
