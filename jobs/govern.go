package jobs

import (
	"encoding/binary"
	"maps"
	"math/rand/v2"
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
			l.back(of.Back, of.Unused)
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
		if d.governing {
			return
		}
		d.governing = true
		over := func(partitions.Beside) {
			n.mu.Lock()
			defer n.mu.Unlock()
			d.governing = false
		}
		b.Do(func(tx *partitions.Tx) error {
			tx.Committed(over)
			return n.round(tx)
		}, func(tx *partitions.Tx, _ error) error {
			tx.Committed(over)
			n.at(tx, tx.Now().Add(time.Second), dueGovern, "")
			return nil
		})
	})
}

// round gives permits, as many as there may be: one tenant after the other has one, for a shard and a kind that chance takes.
func (n *Runner) round(tx *partitions.Tx) error {
	b := n.book(tx)
	turns := n.wanting(tx, b)
	given := make(map[int32][]ofPermit)
	for gave := true; gave; {
		gave = false
		for _, t := range turns {
			if t.one(b) {
				gave, b.queue().Last = true, t.tenant
			}
		}
	}
	for _, t := range turns {
		for _, c := range t.all {
			if c.given > 0 {
				class, shard := parseClaim(c.row)
				n.claims.Put(tx, c.row, c.claim)
				given[shard] = append(given[shard], ofPermit{Class: class, Count: c.given})
			}
		}
	}
	for _, shard := range slices.Sorted(maps.Keys(given)) {
		if err := n.grantTo(tx, shard, given[shard]); err != nil {
			return err
		}
	}
	if b.wait > 0 {
		n.at(tx, time.Unix(0, b.wait), dueGovern, "")
	}
	b.close()
	return tx.Err()
}

// claimant is a tenant with claims that want permits.
type claimant struct {
	tenant string
	all    []*wanted
	left   []*wanted // of which one may be given
}

type wanted struct {
	claim

	row   string
	class string
	given int
}

// mostClaims bounds the claims that one round looks at.
const mostClaims = 10_000

// wanting are the tenants that want permits which may be given, beginning after the one that had the last.
func (n *Runner) wanting(tx *partitions.Tx, b *book) []*claimant {
	turns, count := []*claimant(nil), 0
	for from := ""; ; {
		full := ""
		for row, c := range n.claims.Range(tx, from) {
			if count == mostClaims {
				break
			}
			class, _ := parseClaim(row)
			if c.Want == 0 {
				continue
			}
			if !b.allow(class) {
				full = class
				break
			}
			tenant, _, _ := strings.Cut(class, "\x00")
			if len(turns) == 0 || turns[len(turns)-1].tenant != tenant {
				turns = append(turns, &claimant{tenant: tenant})
			}
			w, t := &wanted{claim: c, row: row, class: class}, turns[len(turns)-1]
			t.all, t.left = append(t.all, w), append(t.left, w)
			count++
		}
		if full == "" {
			break
		}
		from = full + "\x01"
	}
	after := slices.IndexFunc(turns, func(t *claimant) bool { return t.tenant > b.queue().Last })
	if after > 0 {
		turns = append(turns[after:], turns[:after]...)
	}
	return turns
}

// one gives a tenant one permit, if there is any.
func (t *claimant) one(b *book) bool {
	for len(t.left) > 0 {
		i := rand.IntN(len(t.left)) //nolint:gosec // whose turn it is need not be secret
		c := t.left[i]
		if c.Want > 0 && b.allow(c.class) {
			for i, l := range b.limits(c.class) {
				l.give(b.bounds(c.class)[i], b.now)
			}
			c.Want--
			c.Held++
			c.given++
			return true
		}
		t.left = slices.Delete(t.left, i, i+1)
	}
	return false
}
