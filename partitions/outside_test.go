//go:build synctests

package partitions_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/resilience"
)

// TestOutside asks a group from a process that is not in it.
func TestOutside(t *testing.T) {
	t.Parallel()
	kept := partitions.NewTable[string, int]("kept")
	add := partitions.NewCommand[int, int]("add", func(int) string { return "k" })
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		outside := partitions.Outside(w.Bus(), "sums")
		if _, err := partitions.Ask(t.Context(), outside, add, 1); !errors.Is(err, bus.ErrNoTopic) {
			t.Errorf("a group that has never run: %v", err)
		}
		sums := w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			return partitions.New(b, "sums", partitions.Use(kept), partitions.Answer(add, func(tx *partitions.Tx, n int) (int, error) {
				if n < 0 {
					return 0, &partitions.AskError{Code: "negative", Message: "no"}
				}
				sum, _ := kept.Get(tx, "k")
				kept.Put(tx, "k", sum+n)
				return sum + n, nil
			}))
		})
		node := sums.Start()
		w.Settle()
		for i, want := range []int{1, 3, 6} {
			if got, err := partitions.Ask(t.Context(), outside, add, i+1); err != nil || got != want {
				t.Errorf("%d, %v", got, err)
			}
		}
		refused, _ := errors.AsType[*partitions.AskError](second(partitions.Ask(t.Context(), outside, add, -1)))
		if refused == nil || refused.Code != "negative" {
			t.Errorf("%v", refused)
		}
		if nodes, err := node.Group().Nodes(); err != nil || len(nodes) != 1 {
			t.Errorf("%v, %v", nodes, err)
		}
		node.Stop()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := partitions.Ask(ctx, outside, add, 4); resilience.ClassOf(err) != resilience.ClassIndefinite {
			t.Errorf("nobody answers: %v", err)
		}
		if _, err := partitions.Ask(t.Context(), partitions.Outside(nil, "sums"), add, 1); err == nil {
			t.Error("nil is asked")
		}
		node.Restart()
		w.Settle()
		if got, err := partitions.Ask(t.Context(), outside, add, 5); err != nil || got != 15 {
			t.Errorf("%d, %v", got, err)
		}
	})
}

func second[T any](_ T, err error) error { return err }
