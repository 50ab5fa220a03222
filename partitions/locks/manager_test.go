package locks_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/partitions/locks"
)

// start runs a manager until the test ends, or the returned function is called.
func start(t *testing.T, b *bus.Bus, opts ...locks.Option) (m *locks.Manager, stop func()) {
	t.Helper()
	m, err := locks.New(b, "test", opts...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := m.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	stop = func() { cancel(); run.Wait() }
	t.Cleanup(stop)
	return m, stop
}

func acquire(t *testing.T, from interface {
	Acquire(context.Context, ...string) (*locks.Lease, error)
}, names ...string,
) *locks.Lease {
	t.Helper()
	lease, err := from.Acquire(t.Context(), names...)
	if err != nil {
		t.Fatal(err)
	}
	return lease
}

func release(t *testing.T, lease *locks.Lease) {
	t.Helper()
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestOneHolder(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	first, _ := start(t, b)
	second, _ := start(t, b)
	held := acquire(t, first, "a", "b")
	if _, err := second.With(locks.NoWait()).Acquire(t.Context(), "b", "c"); !errors.Is(err, locks.ErrBusy) {
		t.Fatalf("what is held was acquired: %v", err)
	}
	acquire(t, second.With(locks.NoWait()), "c")
	next := make(chan *locks.Lease)
	go func() { next <- acquire(t, second, "b") }()
	select {
	case <-next:
		t.Fatal("two hold b")
	case <-time.After(50 * time.Millisecond):
	}
	release(t, held)
	after := <-next
	if after.Token() <= held.Token() {
		t.Errorf("token %d comes after %d", after.Token(), held.Token())
	}
	if err := held.Err(); !errors.Is(err, locks.ErrReleased) {
		t.Errorf("a released lease says %v", err)
	}
	<-held.Lost()
	if err := after.Err(); err != nil {
		t.Error(err)
	}
}

func TestSeveralNames(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	names := []string{"a", "b", "c"}
	var clients sync.WaitGroup
	for i := range 6 {
		m, _ := start(t, b)
		clients.Go(func() {
			for j := range 10 { // the same two names in both orders
				lease, err := m.Acquire(t.Context(), names[(i+j)%3], names[(i+j+1+i%2)%3])
				if err == nil {
					err = lease.Release(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	clients.Wait()
}

func TestCancelledRequest(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	m, _ := start(t, b)
	other, _ := start(t, b)
	held := acquire(t, m, "a")
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("changed my mind")
	queued := locks.Position(func(ahead int) {
		if ahead != 1 {
			t.Errorf("%d are ahead", ahead)
		}
		cancel(gone)
	})
	if _, err := other.With(queued).Acquire(ctx, "a", "b"); !errors.Is(err, gone) {
		t.Fatalf("a cancelled acquire ends with %v", err)
	}
	release(t, acquire(t, m, "b"))
	release(t, held)
	release(t, acquire(t, m, "a"))
}

func TestPosition(t *testing.T) {
	t.Parallel()
	m, _ := start(t, bustest.Open(t), locks.Owner("me"))
	held := []*locks.Lease{acquire(t, m, "a")}
	told := make(chan int, 10)
	var waiting sync.WaitGroup
	for i := range 3 {
		reached := make(chan struct{}, 10)
		waiting.Go(func() {
			lease, err := m.With(locks.Position(func(ahead int) {
				if reached <- struct{}{}; i == 2 {
					told <- ahead
				}
			})).Acquire(t.Context(), "a")
			if err == nil {
				err = lease.Release(t.Context())
			}
			if err != nil {
				t.Error(err)
			}
		})
		<-reached
	}
	if got := <-told; got != 3 {
		t.Errorf("the third waits behind %d", got)
	}
	all := m.Locks()
	if len(all) != 1 || !all[0].Held || all[0].Holder.Owner != "me" || all[0].Holder.Token != held[0].Token() || len(all[0].Waiting) != 3 {
		t.Errorf("locks: %+v", all)
	}
	release(t, held[0])
	waiting.Wait()
	close(told)
	for last := 3; ; {
		ahead, more := <-told
		if !more {
			break
		}
		if ahead >= last {
			t.Errorf("%d are ahead after %d", ahead, last)
		}
		last = ahead
	}
}
