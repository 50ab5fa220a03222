//go:build synctests

package partitions_test

import (
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/partitions"
)

// TestRefusedAmongCalls has brokers refuse what one record emits, and one timer, on a lane that calls and timers keep busy without a
// pause: both are found, and all else goes on.
func TestRefusedAmongCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		in, out := w.things()
		w.refuses("seen", "bad")
		var fired, went, calls atomic.Int64
		var ticks *partitions.Timer[string]
		ticks = partitions.NewTimer("ticks", func(tx *partitions.Tx, key string) error {
			fired.Add(1)
			if key == "bad" {
				tx.Emit(out.New("bad timer"))
				return nil
			}
			ticks.After(tx, time.Millisecond, key)
			return nil
		})
		g, err := partitions.New(w.bus, "lost", partitions.Lanes(1), partitions.Use(ticks),
			partitions.On(in, func(tx *partitions.Tx, key string) error {
				if key == "arms" {
					ticks.After(tx, 0, "bad")
					for i := range 20 {
						ticks.After(tx, 0, strconv.Itoa(i))
					}
				}
				tx.Emit(out.New(key))
				tx.Committed(func(partitions.Beside) { went.Add(1) })
				return nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		defer start(t, g)()
		publish(t, w.bus, in.New("first"))
		<-time.After(10 * time.Second)
		for range 50 {
			go func() {
				for {
					err := g.Do(t.Context(), "call", func(tx *partitions.Tx) error { tx.Emit(out.New("call")); return nil })
					if err != nil {
						return
					}
					calls.Add(1)
				}
			}()
		}
		<-time.After(time.Second)
		publish(t, w.bus, in.New("fine 1"), in.New("bad one"), in.New("arms"), in.New("fine 2"))
		<-time.After(20 * time.Second)
		if went.Load() != 4 || fired.Load() < 1000 || calls.Load() < 1000 {
			t.Errorf("%d records went, and %d timers and %d calls", went.Load(), fired.Load(), calls.Load())
		}
		dead := 0
		for range w.bus.DeadLetters(t.Context(), "lost") {
			dead++
		}
		if dead != 1 {
			t.Errorf("%d dead letters", dead)
		}
	})
}
