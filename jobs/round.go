package jobs

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/partitions"
)

// What bounds a round.
const (
	mostClaims = 10_000 // that it looks at
	mostPasses = 16     // in which each tenant has one permit
)

// walk is how far rounds have come, one after the other, that have not looked at all claims.
type walk struct {
	on    bool   // there is another one
	way   bool   // nobody was given a permit since the walk began, and it ends with a tenant
	until string // which is this one
}

// round is what one transaction looks at, and gives.
type round struct {
	*book

	walk   walk
	looked int
	rooms  map[string]int // by kind: how many tenants may still be chosen; of one that had no room less than none
	open   int            // kinds that have room
	given  map[string]int // by the claim's row
}

// choice is the tenants that have a turn.
type choice struct {
	turns []*claimant
	last  string // who was looked at
	more  bool   // others could have one if these leave anything
	cut   bool   // there are others, who were not looked at
}

// round gives permits, as many as there may be: one tenant after the other has one, for a shard and a kind that chance takes. It says how the next
// one goes on where this one has not come to the end.
func (n *Runner) round(tx *partitions.Tx, w walk) (walk, error) {
	r := &round{book: n.book(tx), walk: w, given: make(map[string]int)}
	if !w.way {
		r.walk.until = r.queue().Last
	}
	next := r.passes()
	given := make(map[int32][]ofPermit)
	for _, row := range slices.Sorted(maps.Keys(r.given)) {
		class, shard := parseClaim(row)
		given[shard] = append(given[shard], ofPermit{Class: class, Count: r.given[row]})
	}
	for _, shard := range slices.Sorted(maps.Keys(given)) {
		if err := n.grantTo(tx, shard, given[shard]); err != nil {
			return walk{}, err
		}
	}
	if r.wait > 0 {
		n.at(tx, time.Unix(0, r.wait), dueGovern, "")
	}
	r.close()
	return next, tx.Err()
}

// passes gives each tenant that is chosen one permit, and chooses anew where others could have what these have left.
func (r *round) passes() walk {
	for range mostPasses {
		c := r.choose()
		for gave := len(c.turns) > 0; gave; {
			gave = false
			for _, t := range c.turns {
				if t.one(r.book) {
					gave = true
					r.queue().turn(t.tenant)
				}
			}
			if c.more || c.cut {
				break
			}
		}
		for _, t := range c.turns {
			for _, w := range t.all {
				if w.given > 0 {
					r.runner.claims.Put(r.tx, w.row, w.claim)
					r.given[w.row] += w.given
				}
			}
		}
		switch {
		case c.cut:
			r.queue().turn(c.last)
			return walk{on: true, way: len(r.given) == 0, until: r.walk.until}
		case len(c.turns) == 0 || !c.more:
			return walk{}
		}
		r.walk.until = r.queue().Last
	}
	return walk{on: true}
}

// measure learns how many tenants may be given anything: of all kinds, and of each.
func (r *round) measure() (room int) {
	n := r.runner
	r.rooms, r.open = make(map[string]int, len(n.kinds)), 0
	if room = r.room(r.queue(), n.bounds.all); room == 0 {
		return 0
	}
	for name, k := range n.kinds {
		if !n.governed(k) {
			continue
		}
		if r.rooms[name] = math.MaxInt; k.bounds.all != (bound{}) {
			r.rooms[name] = r.room(r.kind(name), k.bounds.all)
		}
		if r.rooms[name] == 0 {
			r.rooms[name] = -1
		} else {
			r.open++
		}
	}
	return room
}

// choose finds the tenants whose turn it is and that want what may be given, beginning behind the one that had the last: as many as
// there is room for.
func (r *round) choose() (c choice) {
	room, full, chosen := r.measure(), "", ""
	if room == 0 || r.open == 0 && len(r.rooms) > 0 {
		return c
	}
	c.last = r.queue().Last
	for row, claimed := range r.runner.around(r.tx, c.last, r.walk.until) {
		class, _ := parseClaim(row)
		tenant, kind, _ := strings.Cut(class, "\x00")
		if tenant != c.last {
			c.cut = r.looked >= mostClaims
			if enough := len(c.turns) == room || r.open == 0 && len(r.rooms) > 0; enough || c.cut {
				c.more = c.more || enough
				return c
			}
			c.last = tenant
		}
		r.looked++
		left, bounded := r.rooms[kind]
		switch {
		case claimed.Want == 0 || class == full:
			continue
		case class == chosen:
		case bounded && left <= 0:
			c.more = c.more || left == 0
			continue
		case !r.allow(class):
			full = class
			continue
		case bounded:
			if r.rooms[kind]--; r.rooms[kind] == 0 {
				r.open--
			}
		}
		if chosen = class; len(c.turns) == 0 || c.turns[len(c.turns)-1].tenant != tenant {
			c.turns = append(c.turns, &claimant{tenant: tenant})
		}
		w, t := &wanted{claim: claimed, row: row, class: class}, c.turns[len(c.turns)-1]
		t.all, t.left = append(t.all, w), append(t.left, w)
	}
	return c
}
