package locks

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// folded is a log made by chance, its fold, and what must be true of it.
type folded struct {
	*rapid.T
	state   *state
	log     []entry
	offset  int64
	tokens  map[string]int64      // the newest token that held each name
	order   map[string][]*request // queued on each name, in the order of the log
	numbers map[string]int64
}

// add appends a record at the next offset, sometimes after a gap as transactions leave.
func (f *folded) add(e entry) effects {
	f.offset += 1 + int64(rapid.IntRange(0, 1).Draw(f.T, "gap"))
	f.log = append(f.log, e)
	before := maps.Collect(f.holders())
	done := f.state.apply(f.offset, time.Time{}, e)
	f.check(before, done, e)
	return done
}

// holders are who holds each name.
func (f *folded) holders() func(func(string, *request) bool) {
	return func(yield func(string, *request) bool) {
		for name, queue := range f.state.queues {
			if queue[0].held() && !yield(name, queue[0]) {
				return
			}
		}
	}
}

func (f *folded) check(before map[string]*request, done effects, e entry) {
	for _, r := range done.ended {
		for _, name := range r.names {
			f.order[name] = slices.DeleteFunc(f.order[name], func(other *request) bool { return other == r })
		}
	}
	for name, queue := range f.state.queues {
		for _, r := range queue {
			if !slices.Contains(f.order[name], r) {
				f.order[name] = append(f.order[name], r)
			}
		}
		if !slices.Equal(queue, f.order[name]) {
			f.Fatalf("%s is not served first come, first served", name)
		}
		if !slices.IsSortedFunc(queue, func(a, b *request) int { return int(a.token - b.token) }) {
			f.Fatalf("%s is not in log order", name)
		}
	}
	granted := make(map[*request]bool)
	for _, r := range done.granted {
		granted[r] = true
		for _, name := range r.names {
			if f.state.queues[name][0] != r {
				f.Fatalf("%s was granted to one that is not the first", name)
			}
			if r.token <= f.tokens[name] {
				f.Fatalf("token %d of %s is not above %d", r.token, name, f.tokens[name])
			}
			f.tokens[name] = r.token
		}
	}
	waiting := false
	for _, queue := range f.state.queues {
		first := !slices.ContainsFunc(queue[0].names, func(name string) bool { return f.state.queues[name][0] != queue[0] })
		if first != queue[0].held() {
			f.Fatalf("a request counts %d of %d names as its own", queue[0].first, len(queue[0].names))
		}
		waiting = waiting || first
	}
	if len(f.state.queues) > 0 && !waiting {
		f.Fatal("everybody waits and nobody holds anything")
	}
	for name, r := range f.holders() {
		if before[name] != r && !granted[r] {
			f.Fatalf("lost wake-up: %s has a new holder whom nobody told", name)
		}
		if old := before[name]; old != nil && old != r && !slices.Contains(done.ended, old) {
			f.Fatalf("%s was taken from its holder by %s", name, e.Kind)
		}
	}
}

func (f *folded) draw() entry {
	session := fmt.Sprintf("s%d", rapid.IntRange(0, 4).Draw(f.T, "session"))
	e := entry{Format: format, Session: session}
	switch rapid.IntRange(0, 11).Draw(f.T, "what") {
	case 0, 1:
		e.Kind, e.Lease = kindOpen, int64(MinLease)
	case 2:
		e.Kind = kindRenew
	case 3, 4, 5, 6:
		all := []string{"a", "b", "c", "d"}
		e.Kind, e.Ahead = kindAcquire, rapid.IntRange(0, 5).Draw(f.T, "ahead")
		e.Names = rapid.Permutation(all).Draw(f.T, "names")[:rapid.IntRange(1, len(all)).Draw(f.T, "count")]
		f.numbers[session]++
		e.Request = f.numbers[session]
	case 7, 8:
		e.Kind, e.Request = kindRelease, int64(rapid.IntRange(0, 12).Draw(f.T, "request"))
	case 9:
		e.Kind, e.Seen = kindExpire, f.offset-int64(rapid.IntRange(0, 6).Draw(f.T, "age"))
	case 10:
		e.Kind = kindClose
	case 11:
		if len(f.log) > 0 {
			return rapid.SampledFrom(f.log).Draw(f.T, "again")
		}
		e.Kind = kindRenew
	}
	return e
}

func newFolded(t *rapid.T) *folded {
	return &folded{
		T: t, state: newState(0), tokens: map[string]int64{}, order: map[string][]*request{}, numbers: map[string]int64{},
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := newFolded(t)
		for range rapid.IntRange(1, 120).Draw(t, "records") {
			f.add(f.draw())
		}
		for _, id := range slices.Sorted(maps.Keys(f.state.sessions)) {
			f.add(entry{Kind: kindClose, Session: id})
		}
		if len(f.state.queues) > 0 || f.state.digest != 0 {
			t.Fatalf("%d queues and digest %x are left of nothing", len(f.state.queues), f.state.digest)
		}
	})
}

// TestSnapshot holds a fold that begins with a snapshot against one of the whole log.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := newFolded(t)
		for range rapid.IntRange(1, 60).Draw(t, "before") {
			f.add(f.draw())
		}
		copied, err := restore(f.state.snapshot("x"), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 60).Draw(t, "after") {
			e := f.draw()
			ours := f.add(e)
			theirs := copied.apply(f.offset, time.Time{}, e)
			if ours.verdict != theirs.verdict || len(ours.granted) != len(theirs.granted) || len(ours.ended) != len(theirs.ended) {
				t.Fatalf("%+v is folded to %+v and %+v", e, ours, theirs)
			}
			for i := range ours.granted {
				if ours.granted[i].token != theirs.granted[i].token {
					t.Fatalf("%+v is granted to %d and %d", e, ours.granted[i].token, theirs.granted[i].token)
				}
			}
			if copied.digest != f.state.digest {
				t.Fatalf("digests differ after %+v", e)
			}
		}
	})
}
