//go:build synctests

package locks

import (
	"context"
	"errors"
	"testing"
	"time"
)

func (b *bubble) acquire(p *process, names ...string) *Lease {
	b.Helper()
	lease, err := p.Acquire(b.Context(), names...)
	if err != nil {
		b.Fatal(err)
	}
	return lease
}

func TestDeadHolder(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		holder, waiter := b.process(nil), b.process(nil)
		b.acquire(holder, "a", "b")
		for range 3 { // requests of the dead do not delay either
			go func() { _, _ = holder.Acquire(b.Context(), "b") }()
		}
		<-time.After(time.Minute)
		holder.wire.set(true)
		died := time.Now()
		b.acquire(waiter, "b")
		if took := time.Since(died); took < holder.settings.lease/2 || took > holder.settings.lease+100*time.Millisecond {
			t.Errorf("handed over %s after the holder died", took)
		}
	})
}

func TestLostBeforeNext(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		holder, waiter := b.process(nil), b.process(nil)
		lease := b.acquire(holder, "a")
		work := lease.Context(b.Context())
		<-time.After(7 * time.Second)
		holder.wire.set(true)
		go func() {
			<-lease.Lost()
			if lease.Err() == nil || !errors.Is(context.Cause(work), ErrLost) {
				t.Errorf("lost, but %v, %v", lease.Err(), context.Cause(work))
			}
		}()
		cut := time.Now()
		<-lease.Lost()
		lost := time.Now()
		if believed := lost.Sub(cut); believed > holder.settings.lease-holder.settings.margin {
			t.Errorf("believed for %s without Kafka", believed)
		}
		b.acquire(waiter, "a")
		if since := time.Since(lost); since < holder.settings.margin {
			t.Errorf("the next holder came %s after the loss was known, less than the margin", since)
		}
		if err := lease.Release(b.Context()); !errors.Is(err, ErrLost) {
			t.Errorf("released with %v", err)
		}
	})
}

// TestLateExpire lets a waiter be cut off for longer than the lease: when it comes back it takes the holder for dead,
// and the renewals that it has not read yet win.
func TestLateExpire(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		holder, waiter := b.process(nil), b.process(nil)
		lease := b.acquire(holder, "a")
		got := make(chan *Lease)
		go func() { got <- b.acquire(waiter, "a") }()
		for range 20 {
			waiter.wire.set(true)
			<-time.After(25 * time.Second)
			waiter.wire.set(false)
			<-time.After(25 * time.Second)
		}
		if err := lease.Err(); err != nil {
			t.Fatalf("a living holder: %v", err)
		}
		if err := lease.Release(b.Context()); err != nil {
			t.Error(err)
		}
		<-got
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		stopping, other := b.process(nil), b.process(nil)
		lease := b.acquire(stopping, "a")
		go func() {
			<-lease.Lost()
			if err := lease.Err(); !errors.Is(err, ErrStopped) {
				t.Errorf("lost with %v", err)
			}
			<-time.After(time.Second) // what it still has to do
			if err := lease.Release(b.Context()); err != nil {
				t.Error(err)
			}
		}()
		began := time.Now()
		go stopping.stop()
		b.acquire(other, "a")
		if took := time.Since(began); took < time.Second || took > time.Second+100*time.Millisecond {
			t.Errorf("handed over %s after the stop", took)
		}
	})
}
