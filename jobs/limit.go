package jobs

import (
	"fmt"
	"math"
	"time"
)

// Limit bounds attempts over all nodes and shards of a queue: of a kind where it is given to [Define], and of all kinds together where
// it is given to [New]. All nodes are given the same. Jobs that wait for such a limit hold up no other.
//
// One shard of the queue gives permits to the others, so that a job waits some milliseconds for one. They are rows: none is lost
// or doubled when nodes die or shards move. Tenants have permits by turns. A permit that is not used goes back after a second. What is bounded
// are attempts that count: a handler that goes on after it was given up holds none, nor does one whose node is cut off, and both are to be
// fenced: see [Attempt.Token]. Where limits are changed, those that attempts which are under way have begun under go on until they end.
type Limit struct {
	bounds bounds
	errs   []error
}

// AtOnce is how many attempts there are at once, at least 1.
func AtOnce(n int) Limit {
	l := Limit{bounds: bounds{all: bound{atOnce: n}}}
	if n < 1 {
		l.errs = append(l.errs, fmt.Errorf("AtOnce %d must be at least 1", n))
	}
	return l
}

// Rate is how many attempts may begin in any stretch of time so long: at least 1, in 1 millisecond or more. It counts permits when they
// are given, by the clock of one node at a time; the attempt begins some milliseconds later, and a second at most. A permit that is not used does
// not count.
func Rate(n int, per time.Duration) Limit {
	l := Limit{bounds: bounds{all: bound{rate: n, per: per}}}
	if n < 1 || per < time.Millisecond {
		l.errs = append(l.errs, fmt.Errorf("Rate %d in %s must be at least 1 in at least 1ms", n, per))
	}
	return l
}

// PerTenant lets limits bound each tenant's attempts apart.
func PerTenant(limits ...Limit) Limit {
	var l Limit
	for _, one := range limits {
		l.errs = append(l.errs, one.errs...)
		l.bounds.tenant.add(one.bounds.all)
		l.bounds.tenant.add(one.bounds.tenant)
	}
	return l
}

func (l Limit) applyKind(c *config) {
	c.bounds.add(l.bounds)
	c.errs = append(c.errs, l.errs...)
}

func (l Limit) applyRunner(c *setup) {
	c.bounds.add(l.bounds)
	c.errs = append(c.errs, l.errs...)
}

// bounds are limits of all attempts, and of each tenant's.
type bounds struct{ all, tenant bound }

type bound struct {
	atOnce int
	rate   int
	per    time.Duration
}

func (b *bounds) add(more bounds) {
	b.all.add(more.all)
	b.tenant.add(more.tenant)
}

func (b *bound) add(more bound) {
	if more.atOnce != 0 {
		b.atOnce = more.atOnce
	}
	if more.rate != 0 {
		b.rate, b.per = more.rate, more.per
	}
}

// steps is in how many parts of its length a rate tells times apart.
const steps = 128

// usage is what is used of a limit.
type usage struct {
	Held  int    `json:"held,omitempty"`
	Given []slot `json:"given,omitempty"` // within the rate's time
	Last  string `json:"last,omitempty"`  // whose turn it was

	changed bool // in this transaction
}

// slot is permits that count until a time.
type slot struct {
	Until int64 `json:"until"` // unix nanoseconds
	Count int   `json:"count"`
}

// prune forgets what counts no more.
func (u *usage) prune(now int64) {
	for len(u.Given) > 0 && u.Given[0].Until <= now {
		u.Given = u.Given[1:]
	}
}

// room is how many more may be given now. Where there are none, and that is a matter of time, wait is until when.
func (u *usage) room(b bound, now int64) (room int, wait int64) {
	room = math.MaxInt
	if b.atOnce > 0 {
		room = max(b.atOnce-u.Held, 0)
	}
	if b.rate == 0 || room == 0 {
		return room, 0
	}
	u.prune(now)
	count := 0
	for _, s := range u.Given {
		count += s.Count
	}
	if count < b.rate {
		return min(room, b.rate-count), 0
	}
	return 0, u.Given[0].Until
}

// turn notes whose turn it was.
func (u *usage) turn(tenant string) { u.Last, u.changed = tenant, true }

// give counts one more.
func (u *usage) give(b bound, now int64) {
	u.changed = true
	u.Held++
	if b.rate == 0 {
		u.Given = nil
		return
	}
	step := max(int64(b.per)/steps, 1)
	until := (now + int64(b.per) + step - 1) / step * step
	if last := len(u.Given) - 1; last >= 0 && u.Given[last].Until >= until {
		u.Given[last].Count++
		return
	}
	u.Given = append(u.Given, slot{until, 1})
}

// back takes permits back, some of which were not used: these are taken from what counts for the shortest time.
func (u *usage) back(count, unused int) {
	if count+unused == 0 {
		return
	}
	u.changed = true
	u.Held = max(u.Held-count-unused, 0)
	for unused > 0 && len(u.Given) > 0 {
		n := min(unused, u.Given[0].Count)
		unused -= n
		if u.Given[0].Count -= n; u.Given[0].Count == 0 {
			u.Given = u.Given[1:]
		}
	}
}
