//go:build synctests

package sagas_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// TestManyCallers lets more wait for one saga's result than its row could hold questions of, on two nodes, and each second somebody who
// gives up: all others are told.
func TestManyCallers(t *testing.T) {
	t.Parallel()
	const callers = 1500
	flow := sagas.Define("waited", func(s *sagas.Saga, n int) (int, error) { return n, s.Sleep(time.Hour) })
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		nodes := []*partitionstest.Node{g.Start(), g.Start()}
		w.Settle()
		w.Publish(flow.New("1", 7))
		var told, gone atomic.Int64
		var waiting sync.WaitGroup
		for i := range 2 * callers {
			waiting.Go(func() {
				if out, err := flow.Handle(nodes[i%2].Group(), "1").Result(t.Context()); err != nil || out != 7 {
					t.Errorf("%d: %v", out, err)
					return
				}
				told.Add(1)
			})
			if i%2 == 1 {
				continue
			}
			waiting.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*time.Second)
				defer cancel()
				if _, err := flow.Handle(nodes[i/2%2].Group(), "1").Result(ctx); errors.Is(err, context.DeadlineExceeded) {
					gone.Add(1)
				}
			})
		}
		w.Advance(61 * time.Minute)
		waiting.Wait()
		if told.Load() != 2*callers || gone.Load() != callers {
			t.Errorf("%d of %d were told, and %d of %d have given up", told.Load(), 2*callers, gone.Load(), callers)
		}
		expect(t, g, flow, "1", sagas.Completed)
	})
}

// TestOldAnswer starts a saga again under an id that was forgotten, and it calls another saga at the same place: the end of the one that
// was called before is not taken for it.
func TestOldAnswer(t *testing.T) {
	t.Parallel()
	part := sagas.Define("oldpart", func(s *sagas.Saga, minutes int) (int, error) {
		return minutes, s.Sleep(time.Duration(minutes) * time.Minute)
	})
	whole := sagas.Define("oldwhole", func(s *sagas.Saga, minutes int) (int, error) {
		if minutes == 5 {
			_, err := sagas.First(s, func(s *sagas.Saga) error {
				_, err := sagas.Call(s, part, "same", minutes)
				return err
			}, func(s *sagas.Saga) error {
				if err := s.Sleep(time.Second); err != nil {
					return err
				}
				panic("help")
			})
			return 0, err
		}
		_, err := sagas.First(s, func(s *sagas.Saga) error {
			_, err := sagas.Call(s, part, "other", minutes)
			return err
		})
		return minutes, err
	}, sagas.Keep(time.Second))
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		g := w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			return partitions.New(b, "bank", part.Part(), whole.Part())
		})
		g.Start()
		w.Publish(whole.New("1", 5))
		w.Settle()
		w.Advance(2 * time.Second)
		expect(t, g, whole, "1", sagas.Parked)
		if err := whole.Abandon(t.Context(), w.Bus(), "no", "1").Err(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		w.Advance(time.Minute)
		w.Publish(whole.New("1", 30))
		w.Settle()
		expect(t, g, whole, "1", sagas.Waiting)
		w.Advance(10 * time.Minute)
		expect(t, g, part, "same", sagas.Completed)
		expect(t, g, whole, "1", sagas.Waiting)
		w.Advance(30 * time.Minute)
		expect(t, g, part, "other", sagas.Completed)
		if is, _ := status(t, g, whole, "1"); is != sagas.Completed && is != "" { // it is kept for a second
			t.Errorf("it is %s", is)
		}
	}, append(part.Contracts(), whole.Contracts()...)...)
}
