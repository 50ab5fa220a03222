//go:build synctests

package partitions_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// TestCommitted notes what is committed, in that order and once, and works beside a shard whose workers are all busy.
func TestCommitted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		in := bus.Define("test.thing.made", func(int) string { return "key" }, bus.InTopic("things"))
		if err := w.bus.Create(t.Context(), bus.TopicSpec{Name: "things", Partitions: 1}); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var noted, done []int
		dropped := 0
		attempts, why := 0, errors.New("no")
		worked := make(chan struct{})
		g, err := partitions.New(w.bus, "beside", partitions.Workers(1), partitions.On(in, func(tx *partitions.Tx, n int) error {
			tx.Committed(func(b partitions.Beside) {
				noted = append(noted, n)
				b.Go(func(ctx context.Context) func(*partitions.Tx) error {
					if ctx != b.Context() {
						t.Error("the shard has two contexts")
					}
					return func(*partitions.Tx) error {
						mu.Lock()
						defer mu.Unlock()
						if done = append(done, n); len(done) == 20 {
							close(worked)
						}
						return why
					}
				}, func(_ *partitions.Tx, err error) error {
					if !errors.Is(err, why) {
						t.Errorf("%v", err)
					}
					return nil
				})
			}, func() { dropped++ })
			if n == 0 {
				tx.Go(func(ctx context.Context) func(*partitions.Tx) error { <-ctx.Done(); return nil })
			}
			if attempts++; n == 7 && attempts < 10 {
				return errors.New("not yet")
			}
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, g)
		var want []int
		for n := range 20 {
			publish(t, w.bus, in.New(n))
			want = append(want, n)
		}
		select {
		case <-worked:
		case <-time.After(time.Minute):
			t.Error("work beside the shard waits for its workers")
		}
		stop()
		slices.Sort(done)
		if !slices.Equal(noted, want) || !slices.Equal(done, want) || dropped != attempts-len(want) {
			t.Errorf("noted: %v, done: %v, dropped %d of %d attempts", noted, done, dropped, attempts)
		}
	})
}
