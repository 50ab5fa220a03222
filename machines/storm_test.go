//go:build synctests

package machines_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions/partitionstest"
)

// TestMachine lets random events come to orders while nodes crash, stand still and come back. Each order is what the fold
// of its transitions says, its versions rise by one, and each event has had one end.
func TestMachine(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			ordersRun(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
				storm(t, w, rand.New(rand.NewPCG(seed, 1)))
			})
		})
	}
}

func storm(t *testing.T, w *partitionstest.World, random *rand.Rand) {
	t.Helper()
	shop := w.Group(orderGroup)
	nodes := []*partitionstest.Node{shop.Start(), shop.Start(), shop.Start()}
	steps := []partitionstest.Step{partitionstest.Produce, partitionstest.CommitOffsets, partitionstest.EndTransaction}
	sent := make(map[string]int)
	for range 6 {
		for range 30 {
			m := orders.New("o"+strconv.Itoa(random.IntN(20)), []machines.Payload[event]{
				adding{1 + random.IntN(9)}, adding{1}, paying{20}, paying{5}, shipping{"p"}, cancelling{},
			}[random.IntN(6)])
			for range 1 + random.IntN(20)/19 {
				w.Publish(m)
			}
			sent[m.ID()]++
		}
		node := nodes[random.IntN(len(nodes))]
		switch random.IntN(4) {
		case 0:
			node.CrashBefore(steps[random.IntN(3)], 1)
		case 1:
			node.CrashAfter(steps[random.IntN(3)], 1)
		case 2:
			shop.Abort(1)
		case 3:
			node.Pause()
		}
		w.Advance(time.Duration(random.IntN(60)) * time.Second)
		node.Resume()
		node.Crash()
		node.Restart()
		w.Settle()
	}
	w.Advance(3 * time.Minute)
	w.Settle()
	folded, causes := make(map[string]instance), make(map[string]int)
	for _, moved := range partitionstest.Events(w, orders.Transitions()) {
		o := folded[moved.ID]
		if moved.Version != o.Version+1 || o.Version > 0 && moved.From != o.State {
			t.Fatalf("after version %d in %s of %s: %+v", o.Version, o.State, moved.ID, moved)
		}
		folded[moved.ID] = instance{ID: moved.ID, State: moved.To, Data: moved.Data, Version: moved.Version, Entered: moved.At}
		causes[moved.Cause]++
	}
	for _, refused := range partitionstest.Events(w, orders.Refusals()) {
		if !refused.Missing || causes[refused.Cause] == 0 { // nothing remembers these
			causes[refused.Cause]++
		}
	}
	for id := range sent {
		if causes[id] != 1 {
			t.Errorf("event %s has had %d ends", id, causes[id])
		}
	}
	shippedOnes := 0
	for id, want := range folded {
		o, _ := read(t.Context(), t, shop, id)
		if o.At = want.At; !o.Entered.Equal(want.Entered) {
			t.Errorf("%s entered at %s, not %s", id, o.Entered, want.Entered)
		}
		if o.Entered = want.Entered; o != want {
			t.Errorf("%s is %+v, want %+v", id, o, want)
		}
		if o.State == shipped {
			shippedOnes++
		}
		if o.State == fresh {
			t.Errorf("%s has not expired: %+v", id, o)
		}
	}
	if parcels := len(partitionstest.Events(w, parcelSent)); parcels != shippedOnes {
		t.Errorf("%d parcels of %d orders", parcels, shippedOnes)
	}
}
