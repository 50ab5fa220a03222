//go:build synctests

package sagas_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

func TestSignals(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("listen", func(s *sagas.Saga, sleep time.Duration) (heard []string, err error) {
		if err := s.Sleep(sleep); err != nil {
			return nil, err
		}
		for range 3 {
			text, err := sagas.Await(s, said, time.Hour)
			if errors.Is(err, sagas.ErrTimeout) {
				return append(heard, "timeout"), nil
			}
			if err != nil {
				return nil, err
			}
			heard = append(heard, text)
		}
		return heard, nil
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		g.Start()
		twice := said.New(flow, "early", "a")
		w.Publish(said.New(flow, "early", "before the start"), flow.New("early", time.Minute), twice, twice, said.New(flow, "early", "b"))
		w.Publish(flow.New("both", 0), flow.New("none", 0), flow.New("late", 0))
		w.Settle()
		w.Publish(said.New(flow, "both", "a"), said.New(flow, "both", "b"), said.New(flow, "late", "a"))
		w.Settle()
		node.Crash()
		w.Advance(50 * time.Minute)
		w.Publish(said.New(flow, "early", "c"), twice, said.New(flow, "both", "c"))
		w.Settle()
		w.Advance(15 * time.Minute)
		w.Publish(said.New(flow, "late", "too late"))
		w.Settle()
		for id, want := range map[string][]string{
			"early": {"a", "b", "c"}, "both": {"a", "b", "c"}, "none": {"timeout"}, "late": {"a", "timeout"},
		} {
			out, err := flow.Handle(g.Owner(id).Group(), id).Result(t.Context())
			if err != nil || !slices.Equal(out, want) {
				t.Errorf("%s has heard %v, %v, not %v", id, out, err, want)
			}
		}
		var refused []string
		for _, r := range partitionstest.Events(w, flow.Refusals()) {
			refused = append(refused, r.ID+" "+r.Call)
		}
		if !slices.Equal(refused, []string{"early signal said", "late signal said"}) {
			t.Errorf("%v was refused", refused)
		}
	})
}

// TestTimerWhileMoving lets the time of a sleep come while its shard is on its way from one node to another.
func TestTimerWhileMoving(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("sleep", func(s *sagas.Saga, _ int) (time.Time, error) {
		err := s.Sleep(time.Minute)
		return s.Now(), err
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		nodes := []*partitionstest.Node{g.Start(), g.Start()}
		w.Settle()
		began := time.Now()
		for i := range 12 {
			w.Publish(flow.New(id(i), i))
		}
		w.Settle()
		w.Advance(time.Until(began.Add(57 * time.Second)))
		nodes[0].Crash()
		w.Advance(5 * time.Second)
		nodes[1].Stop()
		nodes[0].Restart()
		w.Settle()
		for i := range 12 {
			at, err := flow.Handle(nodes[0].Group(), id(i)).Result(t.Context())
			if err != nil || at.Before(began.Add(time.Minute)) {
				t.Errorf("%d woke up after %s, %v", i, at.Sub(began), err)
			}
		}
	})
}
