//go:build synctests

package jobs_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/resilience"
)

// TestElsewhere enqueues jobs from the transactions of another group, which are aborted and whose nodes die, and jobs and members of a batch
// in another queue: each is done once for each record, what comes after it has what it returned, and the batch hears of its members.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	var l log
	patient := jobs.Retry(resilience.RetryPolicy{Attempts: 20, Initial: time.Second, Max: time.Second, Multiplier: 1})
	second := jobs.Define("second", func(_ context.Context, a *jobs.Attempt, in string) (jobs.None, error) {
		given, err := jobs.Given[string](a)
		l.add("second " + in + given)
		return jobs.None{}, err
	}, jobs.Queue("there"), jobs.Shards(2), patient)
	first := jobs.Define("first", func(_ context.Context, a *jobs.Attempt, in string) (string, error) {
		return "of " + in, a.Then(second.New("then ", jobs.ID("then"+in)))
	}, jobs.Queue("here"), jobs.Shards(2), patient)
	done := jobs.Define("done", func(_ context.Context, a *jobs.Attempt, in string) (jobs.None, error) {
		l.add(fmt.Sprintf("done %s%+v", in, a.Members()))
		return jobs.None{}, nil
	}, jobs.Queue("here"), jobs.Shards(2), patient)
	placed := bus.Define("shop.placed", func(n string) string { return n }, bus.InTopic("orders"), bus.Aggregate("order"))
	of := func(w *partitionstest.World, queue string, kinds ...jobs.RunnerOption) *partitionstest.Group {
		return w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			r, err := jobs.New(b, queue, kinds...)
			if err != nil {
				return nil, err
			}
			return r.Group(), nil
		})
	}
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		for _, g := range []*partitionstest.Group{of(w, "here", first, done), of(w, "there", second)} {
			g.Start()
			g.Start()
		}
		orders := w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			return partitions.New(b, "orders", partitions.On(placed, func(tx *partitions.Tx, n string) error {
				all := jobs.Batch(done.New(n, jobs.ID("batch"+n)), first.New(n, jobs.ID("first"+n)), second.New("member "+n, jobs.ID("member"+n)))
				return jobs.Enqueue(tx.Context(), tx, all...).Err()
			}))
		})
		orders.Start()
		orders.Start()
		w.Settle()
		for i := range 60 {
			w.Publish(placed.New(id(i)))
			switch i {
			case 20:
				orders.Abort(1)
			case 40:
				orders.Owner("x").CrashBefore(partitionstest.EndTransaction, 1)
			}
		}
		w.Settle()
		w.Advance(2 * time.Minute)
		w.Settle()
		lines := l.all()
		slices.Sort(lines)
		if lines = slices.Compact(lines); len(lines) != 180 {
			t.Errorf("%d lines", len(lines))
		}
		for i := range 60 {
			for _, line := range []string{
				fmt.Sprintf("second then of %d", i), fmt.Sprintf("second member %d", i),
				fmt.Sprintf("done %d%+v", i, jobs.Members{Done: 3}),
			} {
				if _, found := slices.BinarySearch(lines, line); !found {
					t.Errorf("there is no %q", line)
				}
			}
		}
	}, first, second, done, placed)
}
