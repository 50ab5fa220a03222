//go:build synctests

package partitionstest_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
)

// TestStorm lets random things happen to three nodes, and the group settles after each few of them, and has counted each
// deposit once.
func TestStorm(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { storm(t, w, rand.New(rand.NewPCG(seed, 1))) },
				deposited, balanceChanged, fellAsleep)
		})
	}
}

func storm(t *testing.T, w *partitionstest.World, random *rand.Rand) {
	t.Helper()
	bank, sent := w.Group(ledger), make(map[string]int64)
	nodes := []*partitionstest.Node{bank.Start(), bank.Start(), bank.Start()}
	steps := []partitionstest.Step{
		partitionstest.JoinGroup, partitionstest.SyncGroup, partitionstest.FetchOffsets, partitionstest.OpenProducer,
		partitionstest.Produce, partitionstest.CommitOffsets, partitionstest.EndTransaction,
	}
	down := make(map[*partitionstest.Node]bool)
	for range 4 {
		for range 6 {
			for range random.IntN(20) {
				account := "a" + strconv.Itoa(random.IntN(8))
				sent[account]++
				w.Publish(deposited.New(deposit{account, 1}))
			}
			node := nodes[random.IntN(len(nodes))]
			switch action := random.IntN(8); {
			case down[node]:
				continue
			case action == 0:
				node.Crash()
				down[node] = true
			case action == 1:
				node.Stop()
				down[node] = true
			case action == 2:
				node.CrashBefore(steps[random.IntN(len(steps))], 1+random.IntN(3))
				down[node] = true
			case action == 3:
				node.CrashAfter(steps[random.IntN(len(steps))], 1+random.IntN(3))
				down[node] = true
			case action == 4:
				node.Pause()
			case action == 5:
				node.Resume()
			case action == 6:
				bank.Abort(1 + random.IntN(2))
			}
			w.Advance(time.Duration(random.IntN(3000)) * time.Millisecond)
		}
		for _, node := range nodes {
			if node.Resume(); down[node] {
				node.Crash()
				node.Restart()
			}
		}
		clear(down)
		w.Settle()
		for account, n := range sent {
			if has, _ := partitionstest.Row(bank, balance, account); has != n {
				t.Errorf("%s has %d of %d", account, has, n)
			}
		}
	}
	last := make(map[string]int64)
	for _, c := range partitionstest.Events(w, balanceChanged) {
		if last[c.Account]++; c.Balance != last[c.Account] {
			t.Fatalf("%s has %d after %d deposits", c.Account, c.Balance, last[c.Account])
		}
	}
}
