//go:build synctests

package partitionstest_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
)

var totals = partitions.NewTable[string, int64]("totals")

// summed keeps a row of each account, which a deposit of nothing deletes, and one of each shard.
func summed(b *bus.Bus) (*partitions.Group, error) {
	return partitions.New(b, "sums", partitions.Use(balance, totals), partitions.On(deposited, func(tx *partitions.Tx, d deposit) error {
		v, _ := totals.Get(tx, "all")
		totals.Put(tx, "all", v+d.Cents)
		if balance.Put(tx, d.Account, d.Cents); d.Cents == 0 {
			balance.Delete(tx, d.Account)
		}
		return nil
	}))
}

func TestRows(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
		sums := w.Group(summed)
		node := sums.Start()
		w.Publish(
			deposited.New(deposit{"anna", 1}), deposited.New(deposit{"bert", 2}), deposited.New(deposit{"carl", 4}),
			deposited.New(deposit{"dora", 8}), deposited.New(deposit{"anna", 16}), deposited.New(deposit{"bert", 0}),
		)
		w.Settle()
		node.Stop()
		if got := partitionstest.Rows(sums, balance); !maps.Equal(got, map[string]int64{"anna": 16, "carl": 4, "dora": 8}) {
			t.Errorf("rows %v", got)
		}
		if v, found := partitionstest.Row(sums, balance, "bert"); found {
			t.Errorf("bert has %d after he was deleted", v)
		}
		all := int64(0)
		shards := make(map[int64]bool)
		for _, account := range []string{"anna", "bert", "carl", "dora"} {
			total := partitionstest.Rows(sums, totals, account)["all"]
			if !shards[total] {
				all += total
			}
			shards[total] = true
		}
		if len(shards) < 2 || all != 31 {
			t.Errorf("the shards' totals are %v, want several that are 31 together", shards)
		}
	}, deposited)
}

func TestWait(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
		never := errors.New("never")
		strict := w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			return partitions.New(b, "strict", partitions.OnPoison(partitions.Halt),
				partitions.On(deposited, func(*partitions.Tx, deposit) error { return never }))
		})
		node := strict.Start()
		w.Publish(deposited.New(deposit{"anna", 1}))
		if err := node.Wait(); !errors.Is(err, never) {
			t.Errorf("the node ended with %v, want the handler's error", err)
		}
		node.Restart()
		if err := node.Wait(); !errors.Is(err, never) {
			t.Errorf("the node ended with %v when it was started again", err)
		}
	}, deposited)
}
