package jobs

import (
	"strings"
	"time"

	"github.com/millrace/millrace/partitions"
)

// book is what one transaction knows of what is used of limits.
type book struct {
	runner *Runner
	tx     *partitions.Tx
	now    int64
	used   map[string]*usage
	wait   int64 // when something may be given that may not be now
}

func (n *Runner) book(tx *partitions.Tx) *book {
	return &book{runner: n, tx: tx, now: tx.Now().UnixNano(), used: make(map[string]*usage)}
}

// of is the usage of a row.
func (b *book) of(row string) *usage {
	u := b.used[row]
	if u == nil {
		stored, _ := b.runner.usages.Get(b.tx, row)
		u = &stored
		b.used[row] = u
	}
	return u
}

// queue is the usage of the whole queue.
func (b *book) queue() *usage { return b.of("queue") }

// kind is the usage of a kind.
func (b *book) kind(name string) *usage { return b.of("kind/" + name) }

// limits are the usages that an attempt of a class counts in: of the queue, the tenant, the kind, and the tenant's of the kind.
func (b *book) limits(class string) [4]func() *usage {
	tenant, kind, _ := strings.Cut(class, "\x00")
	return [...]func() *usage{
		b.queue,
		func() *usage { return b.of("tenant/" + tenant) },
		func() *usage { return b.kind(kind) },
		func() *usage { return b.of("class/" + class) },
	}
}

// bounds are what bounds these.
func (b *book) bounds(class string) [4]bound {
	_, kind, _ := strings.Cut(class, "\x00")
	all := [...]bound{b.runner.bounds.all, b.runner.bounds.tenant, {}, {}}
	if k := b.runner.kinds[kind]; k != nil {
		all[2], all[3] = k.bounds.all, k.bounds.tenant
	}
	return all
}

// allow says whether one more attempt of a class may begin.
func (b *book) allow(class string) bool {
	bounds := b.bounds(class)
	for i, of := range b.limits(class) {
		if bounds[i] != (bound{}) && b.room(of(), bounds[i]) == 0 {
			return false
		}
	}
	return true
}

// room is how many more may be given of what a bound is for.
func (b *book) room(u *usage, of bound) int {
	room, wait := u.room(of, b.now)
	if wait > 0 && (b.wait == 0 || wait < b.wait) {
		b.wait = wait
	}
	return room
}

// close keeps what has changed of what is used.
func (b *book) close() {
	n := b.runner
	for row, u := range b.used {
		if !u.changed {
			continue
		}
		u.prune(b.now)
		switch {
		case u.Held == 0 && len(u.Given) == 0 && u.Last == "":
			n.usages.Delete(b.tx, row)
		default:
			n.usages.Put(b.tx, row, *u)
			if last := len(u.Given) - 1; u.Held == 0 && last >= 0 {
				n.at(b.tx, time.Unix(0, u.Given[last].Until), dueUsage, row)
			}
		}
	}
}

// forgetUsage forgets what is used of a limit, where that is nothing any more.
func (n *Runner) forgetUsage(tx *partitions.Tx, row string) error {
	b := n.book(tx)
	b.of(row).changed = true
	b.close()
	return tx.Err()
}
