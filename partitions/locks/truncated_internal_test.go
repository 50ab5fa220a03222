//go:build synctests

package locks

import (
	"errors"
	"testing"
	"time"
)

// churn makes the log grow.
func (b *bubble) churn(p *process, times int) {
	b.Helper()
	for range times {
		if err := b.acquire(p, "churn").Release(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// knows looks whether a process that starts knows who holds a.
func (b *bubble) knows(holder *Lease) *process {
	b.Helper()
	p := b.process(nil)
	if _, err := p.With(NoWait()).Acquire(b.Context(), "a"); !errors.Is(err, ErrBusy) {
		b.Fatalf("a process that starts does not see the holder: %v", err)
	}
	if err := holder.Err(); err != nil {
		b.Fatal(err)
	}
	return p
}

func TestTruncatedLog(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		first := b.process(nil, SnapshotEvery(100))
		held := b.acquire(first, "a")
		b.churn(first, 300)
		b.truncate(250) // a snapshot is left
		began := time.Now()
		b.churn(b.knows(held), 1)
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("starting with a snapshot took %s", took)
		}
		b.truncate(0) // nothing is left: it asks
		began = time.Now()
		second := b.knows(held)
		if took := time.Since(began); took > time.Second {
			t.Errorf("starting with an answer took %s", took)
		}
		second.wire.set(true) // it misses what is cut off
		b.churn(first, 10)
		b.truncate(3)
		second.wire.set(false)
		b.churn(second, 1)
		if err := held.Release(b.Context()); err != nil {
			t.Error(err)
		}
		b.acquire(second, "a")
		first.stop()
		second.stop()
	})
}

// TestForgottenLog starts when all that knew something are gone with the log: nothing is taken for free before the
// longest lease has passed.
func TestForgottenLog(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		first := b.process(nil)
		held := b.acquire(first, "a")
		first.wire.set(true)
		b.truncate(0)
		began := time.Now()
		b.acquire(b.process(nil), "a")
		if took := time.Since(began); took < MaxLease || took > 2*MaxLease {
			t.Errorf("acquired after %s", took)
		}
		<-held.Lost()
	})
}

// TestLongLog starts far behind the beginning, and reads little.
func TestLongLog(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		first := b.process(nil, SnapshotEvery(50))
		held := b.acquire(first, "a")
		b.churn(first, 500)
		folds := 0
		second := b.process(func(m *Manager) {
			m.fold = func(s *state, offset int64, now time.Time, e entry) effects {
				folds++
				return s.apply(offset, now, e)
			}
		}, SnapshotEvery(50))
		<-second.Ready()
		if folds == 0 || folds > 150 {
			t.Errorf("folded %d records of 1,000", folds)
		}
		if err := held.Release(b.Context()); err != nil {
			t.Error(err)
		}
	})
}
