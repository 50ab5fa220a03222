package jobs

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// claim is what a shard wants and has of a class.
type claim struct {
	Want int `json:"want,omitempty"`
	Held int `json:"held,omitempty"`
}

// A claim's row is the class, a zero byte, and the shard.
func claimRow(class string, shard int32) string {
	return string(binary.BigEndian.AppendUint32([]byte(class+"\x00"), uint32(shard))) //nolint:gosec // and back
}

const shardLength = 4

func parseClaim(row string) (class string, shard int32) {
	at := len(row) - shardLength
	return row[:at-1], int32(binary.BigEndian.Uint32([]byte(row[at:]))) //nolint:gosec // as it was written
}

// Permits is how many attempts of a tenant's jobs of a kind may be under way now, and how many more wait for a permit. See [Limit].
type Permits struct {
	Tenant request.Tenant `json:"tenant,omitempty"`
	Kind   string         `json:"kind"`
	Held   int            `json:"held"`
	// Wanted are those that its shards have asked for, no more than their nodes have workers.
	Wanted int `json:"wanted"`
}

// claimed is what all shards have and want.
func (n *Runner) claimed(stored partitions.Stored) ([]Permits, error) {
	rows, err := n.claims.Rows(stored.All())
	if err != nil {
		return nil, err
	}
	var all []Permits
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		class, _ := parseClaim(row)
		tenant, kind, _ := strings.Cut(class, "\x00")
		if last := len(all) - 1; last < 0 || all[last].Kind != kind || all[last].Tenant != request.Tenant(tenant) {
			all = append(all, Permits{Tenant: request.Tenant(tenant), Kind: kind})
		}
		p := &all[len(all)-1]
		p.Held += rows[row].Held
		p.Wanted += rows[row].Want
	}
	return all, nil
}

// petitioned notes what a shard wants and gives back.
func (n *Runner) petitioned(tx *partitions.Tx, p petition) error {
	b := n.book(tx)
	for _, of := range p.Of {
		row := claimRow(of.Class, p.Shard)
		c, _ := n.claims.Get(tx, row)
		c.Want += of.Count
		c.Held = max(c.Held-of.Back-of.Unused, 0)
		if c == (claim{}) {
			n.claims.Delete(tx, row)
		} else {
			n.claims.Put(tx, row, c)
		}
		for _, l := range b.limits(of.Class) {
			l().back(of.Back, of.Unused)
		}
	}
	b.close()
	n.govern(tx, n.desk(tx))
	return tx.Err()
}

// govern lets permits be given, once for all that is asked meanwhile.
func (n *Runner) govern(tx *partitions.Tx, d *desk) {
	tx.Committed(func(b partitions.Beside) {
		n.mu.Lock()
		defer n.mu.Unlock()
		d.walk = walk{}
		n.rounds(d, b)
	})
}

// rounds gives permits in one transaction after the other, until nobody is left who may have one.
func (n *Runner) rounds(d *desk, b partitions.Beside) {
	if d.governing {
		return
	}
	d.governing = true
	b.Do(func(tx *partitions.Tx) error {
		n.mu.Lock()
		w := d.walk
		n.mu.Unlock()
		next, err := n.round(tx, w)
		tx.Committed(func(b partitions.Beside) {
			n.mu.Lock()
			defer n.mu.Unlock()
			if d.governing, d.walk = false, next; next.on {
				n.rounds(d, b)
			}
		})
		return err
	}, func(tx *partitions.Tx, _ error) error {
		tx.Committed(func(partitions.Beside) {
			n.mu.Lock()
			defer n.mu.Unlock()
			d.governing = false
		})
		n.at(tx, tx.Now().Add(time.Second), dueGovern, "")
		return nil
	})
}
