//go:build synctests

package sagas_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// TestTransfers moves money by sagas whose steps and undos fail at random, while nodes crash, stand still and come back. In the
// end no money is lost or made, each saga is completed or compensated, and each effect stands in what was told once.
func TestTransfers(t *testing.T) { //nolint:tparallel // storms sees to it
	t.Parallel()
	storms(t, func(t *testing.T, seed uint64) { //nolint:thelper // it is the test
		random := rand.New(rand.NewPCG(seed, 1))
		b := newBank(6, rand.New(rand.NewPCG(seed, 2)))
		flow := b.transfers()
		run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
			storm(t, w, g, flow, random)
			judge(t, w, b, flow)
		})
	})
}

func storm(t *testing.T, w *partitionstest.World, g *partitionstest.Group, flow *sagas.Flow[transfer, receipt], random *rand.Rand) {
	t.Helper()
	nodes := []*partitionstest.Node{g.Start(), g.Start(), g.Start()}
	steps := []partitionstest.Step{partitionstest.Produce, partitionstest.CommitOffsets, partitionstest.EndTransaction}
	started := 0
	for range 6 {
		var calls []bus.Message
		for range 12 {
			started++
			calls = append(calls, flow.New(strconv.Itoa(started), transfer{
				"a" + strconv.Itoa(random.IntN(6)), "a" + strconv.Itoa(random.IntN(6)), 1 + random.IntN(50),
			}))
		}
		w.Publish(calls...)
		if err := flow.Cancel(t.Context(), w.Bus(), "changed my mind", strconv.Itoa(1+random.IntN(started)),
			strconv.Itoa(started)).Err(); err != nil {
			t.Fatal(err)
		}
		node := nodes[random.IntN(len(nodes))]
		switch random.IntN(4) {
		case 0:
			node.CrashBefore(steps[random.IntN(3)], 1+random.IntN(3))
		case 1:
			node.CrashAfter(steps[random.IntN(3)], 1+random.IntN(3))
		case 2:
			g.Abort(1)
		case 3:
			node.Pause()
		}
		w.Advance(time.Duration(random.IntN(20_000)) * time.Millisecond)
		node.Resume()
		node.Crash()
		node.Restart()
		w.Settle()
	}
	w.Advance(10 * time.Minute)
	w.Settle()
}

// judge looks at what is left.
func judge(t *testing.T, w *partitionstest.World, b *bank, flow *sagas.Flow[transfer, receipt]) {
	t.Helper()
	if sum := b.sum(); sum != 6000 || len(b.wrong) > 0 {
		t.Errorf("%d cents: %v", sum, b.wrong)
	}
	ends, statuses := make(map[string]sagas.Status), make(map[sagas.Status]int)
	done := make(map[string][]sagas.Done)
	for _, told := range partitionstest.Events(w, flow.Told()) {
		if ends[told.ID].Ended() || told.Was != ends[told.ID] {
			t.Errorf("after %q: %+v", ends[told.ID], told)
		}
		ends[told.ID] = told.Status
		done[told.ID] = append(done[told.ID], told.Done...)
	}
	for id, status := range ends {
		statuses[status]++
		if status != sagas.Completed && status != sagas.Compensated {
			t.Errorf("%s is %s", id, status)
		}
		var stack, seen []string
		for _, d := range done[id] {
			name := d.At + d.Step + strconv.FormatBool(d.Undo)
			if slices.Contains(seen, name) {
				t.Errorf("%s tells twice of %+v", id, d)
			}
			seen = append(seen, name)
			switch at := slices.Index(stack, d.Step); {
			case d.Undo && at >= 0 && at != len(stack)-1:
				t.Errorf("%s undoes %s before %v", id, d.Step, stack)
			case d.Undo && at >= 0:
				stack = stack[:at]
			case !d.Undo && d.Error == "" && d.Step != "note":
				stack = append(stack, d.Step)
			}
		}
		if status == sagas.Completed && len(stack) != 2 || status == sagas.Compensated && len(stack) != 0 {
			t.Errorf("%s is %s, with %v done", id, status, stack)
		}
	}
	if len(ends) != 72 || statuses[sagas.Compensated] == 0 || statuses[sagas.Completed] == 0 {
		t.Errorf("%v", statuses)
	}
}
