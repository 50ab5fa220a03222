package locks

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestRepeatedRecords publishes records again, at any time later, as retries of what may have been written do.
func TestRepeatedRecords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, again := newFolded(t), newFolded(t)
		var told []entry
		for range rapid.IntRange(1, 80).Draw(t, "records") {
			e := f.draw()
			if e.Kind == kindExpire || e.Kind == kindOpen && slices.ContainsFunc(told, func(old entry) bool {
				return old.Kind == kindOpen && old.Session == e.Session
			}) {
				continue // its offset differs; and a session has one beginning
			}
			ours, theirs := f.add(e), again.add(e)
			if len(ours.granted) != len(theirs.granted) || len(ours.ended) != len(theirs.ended) {
				t.Fatalf("%+v is folded to %+v and, after repetitions, to %+v", e, ours, theirs)
			}
			if ours.verdict != taken {
				continue // a process tells nothing of what it has not begun
			}
			told = append(told, e)
			for range rapid.IntRange(0, 2).Draw(t, "repetitions") {
				old := rapid.SampledFrom(told).Draw(t, "which")
				if old.Kind == kindOpen && again.state.sessions[old.Session] == nil {
					continue // see the next test
				}
				if done := again.add(old); len(done.granted)+len(done.ended) > 0 {
					t.Fatalf("%+v again: %+v", old, done)
				}
			}
		}
	})
}

// TestGhost opens a session that has ended by a late repetition: it is expired like any other that nobody renews.
func TestGhost(t *testing.T) {
	t.Parallel()
	s := newState(0)
	opened := entry{Kind: kindOpen, Session: "s", Lease: int64(MinLease)}
	for offset, e := range []entry{opened, {Kind: kindClose, Session: "s"}, opened} {
		s.apply(int64(offset), time.Time{}, e)
	}
	s.apply(3, time.Time{}, entry{Kind: kindExpire, Session: "s", Seen: 0})
	if len(s.sessions) != 1 {
		t.Fatal("an expire of the first session ended the second")
	}
	s.apply(4, time.Time{}, entry{Kind: kindExpire, Session: "s", Seen: 2})
	if len(s.sessions) != 0 {
		t.Fatal("a session that nobody renews stays for ever")
	}
}
