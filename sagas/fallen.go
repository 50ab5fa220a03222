package sagas

import (
	"context"

	"github.com/millrace/millrace/partitions"
)

// fallen parks a saga whose turn could not be written, as where a row would be too large: what is in memory of it is given up. Once the
// shard was claimed anew, all its sagas go on from their rows.
func (n *runner) fallen(key string, activation uint64, token int64) func(*partitions.Tx, error) error {
	return func(tx *partitions.Tx, why error) error {
		h, found := n.rows.Get(tx, key)
		is, active := n.active.Get(tx, key)
		if err := tx.Err(); err != nil || !found || !active || is != activation || tx.Token() != token {
			return err
		}
		h.Was, h.Status, h.Parked, h.Sure = h.Status, Parked, "what has come of it cannot be written: "+clip(why.Error()), false
		h.Changed = tx.Now()
		n.active.Delete(tx, key)
		err := n.tell(tx, key, &h, nil)
		n.rows.Put(tx, key, h)
		tx.Go(func(ctx context.Context) func(*partitions.Tx) error {
			if r := n.deskOf(ctx).find(key, activation); r != nil {
				return r.leave(ctx)
			}
			return nil
		})
		return err
	}
}

// find is the run of a saga, or nil.
func (d *desk) find(key string, activation uint64) *run {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r := d.runs[key]; r != nil && r.activation == activation {
		return r
	}
	return nil
}

// doubts are the steps and undos that may have happened when the saga is parked: they were under way, or have panicked.
func (r *run) doubts(p *plan) (doubts []wait) {
	begun := make(map[*op]bool, len(p.steps))
	for _, o := range p.steps {
		begun[o] = o.tried.Unknown
	}
	for _, o := range r.all() {
		unknown, planned := begun[o]
		if o.performing && !planned || unknown || o.panicked {
			doubts = append(doubts, wait{At: o.at, Kind: o.kind, Name: o.name, Attempt: o.tried.Attempt, Unknown: true, Since: o.tried.Since})
		}
	}
	return doubts
}
