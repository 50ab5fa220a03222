//go:build synctests

package sagas_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// branching is a flow that gives to two accounts at once, and takes from whichever of two answers first.
func (b *bank) branching() *sagas.Flow[transfer, string] {
	move := sagas.NewStep("move",
		func(ctx context.Context, t transfer) (receipt, error) { return b.move(ctx, t.To, t.Amount) },
		func(ctx context.Context, t transfer, r receipt) error { return b.back(ctx, t.To, t.Amount, r) }, quick())
	half := func(s *sagas.Saga, to string, amount int, wait time.Duration) error {
		if err := s.Sleep(wait); err != nil {
			return err
		}
		if _, err := sagas.Do(s, move, transfer{To: to, Amount: amount}); err != nil {
			return err
		}
		_, err := sagas.Await(s, said, time.Duration(max(amount, -amount))*time.Second)
		if errors.Is(err, sagas.ErrTimeout) {
			err = nil
		}
		return err
	}
	return sagas.Define("branching", func(s *sagas.Saga, t transfer) (string, error) {
		if err := sagas.All(s, 0,
			func(s *sagas.Saga) error { return half(s, "a1", t.Amount, 0) },
			func(s *sagas.Saga) error { return half(s, "a2", t.Amount, time.Second) }); err != nil {
			return "", err
		}
		i, err := sagas.First(s,
			func(s *sagas.Saga) error { return half(s, "a3", -2*t.Amount, time.Second) },
			func(s *sagas.Saga) error { return half(s, "a4", -2*t.Amount, 1500*time.Millisecond) })
		return strconv.Itoa(i), err
	})
}

// TestBranches runs sagas with branches while nodes crash, stand still and come back.
func TestBranches(t *testing.T) { //nolint:tparallel // storms sees to it
	t.Parallel()
	storms(t, func(t *testing.T, seed uint64) { //nolint:thelper // it is the test
		random := rand.New(rand.NewPCG(seed, 3))
		b := newBank(6, rand.New(rand.NewPCG(seed, 4)))
		flow := b.branching()
		run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
			nodes := []*partitionstest.Node{g.Start(), g.Start(), g.Start()}
			steps := []partitionstest.Step{partitionstest.Produce, partitionstest.CommitOffsets, partitionstest.EndTransaction}
			for n := range 60 {
				w.Publish(flow.New(id(n), transfer{Amount: 1 + random.IntN(4)}))
				w.Advance(time.Duration(random.IntN(300)) * time.Millisecond)
				w.Publish(said.New(flow, id(random.IntN(n+1)), "go on"))
				if n%10 == 5 {
					w.Publish(said.New(flow, id(n), "go on"))
					flow.Cancel(t.Context(), w.Bus(), "no", id(random.IntN(n+1)))
					node := nodes[random.IntN(3)]
					if random.IntN(2) == 0 {
						node.CrashAfter(steps[random.IntN(3)], 1+random.IntN(3))
					} else {
						node.Pause()
					}
					w.Advance(time.Duration(random.IntN(9000)) * time.Millisecond)
					node.Resume()
					node.Crash()
					node.Restart()
				}
			}
			w.Settle()
			w.Advance(5 * time.Minute)
			w.Settle()
			ends := make(map[string]sagas.Status)
			for _, told := range partitionstest.Events(w, flow.Told()) {
				ends[told.ID] = told.Status
			}
			counts := make(map[sagas.Status]int)
			for n := range 60 {
				if counts[ends[id(n)]]++; !ends[id(n)].Ended() {
					_, why := status(t, g, flow, id(n))
					t.Errorf("%d is %s: %s", n, ends[id(n)], why)
				}
			}
			if b.sum() != 6000 || len(b.wrong) > 0 || counts[sagas.Completed] == 0 || counts[sagas.Compensated] == 0 {
				t.Errorf("%d cents, %v, %v", b.sum(), counts, b.wrong)
			}
		})
	})
}
