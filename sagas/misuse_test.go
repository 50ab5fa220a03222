//go:build synctests

package sagas_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// TestDeadlinePassed awaits a signal for a time that is over.
func TestDeadlinePassed(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("deadline", func(s *sagas.Saga, _ int) (string, error) {
		deadline := s.Now().Add(time.Minute)
		if err := s.Sleep(2 * time.Minute); err != nil {
			return "", err
		}
		_, err := sagas.Await(s, said, deadline.Sub(s.Now()))
		if errors.Is(err, sagas.ErrTimeout) {
			return "timeout", nil
		}
		return "", err
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		w.Advance(time.Hour)
		expect(t, g, flow, "1", sagas.Completed)
	})
}

// TestSignalUnheard ends a saga that has not awaited a signal: that is refused.
func TestSignalUnheard(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("unheard", func(s *sagas.Saga, _ int) (int, error) { return 1, s.Sleep(time.Minute) })
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1), said.New(flow, "1", "hello"))
		w.Settle()
		w.Advance(2 * time.Minute)
		expect(t, g, flow, "1", sagas.Completed)
		if refused := partitionstest.Events(w, flow.Refusals()); len(refused) != 1 {
			t.Errorf("%+v was refused", refused)
		}
	})
}

// TestNilArguments gives nil where a group, a flow or a signal is wanted.
func TestNilArguments(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("nil", func(*sagas.Saga, int) (int, error) { return 0, nil })
	_, result := flow.Handle(nil, "1").Result(t.Context())
	_, described := flow.Handle(nil, "1").Describe(t.Context())
	for name, err := range map[string]error{
		"result": result, "describe": described,
		"flow": said.New(nil, "1", "x").Err(), "signal": (*sagas.Signal[string])(nil).New(flow, "1", "x").Err(),
	} {
		if !errors.Is(err, sagas.ErrDefinition) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUnreadableTenant starts a saga for a tenant whose name breaks the limit: it would be taken for nobody's.
func TestUnreadableTenant(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("tenant", func(_ *sagas.Saga, in string) (string, error) { return in, nil })
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", "secret of acme.com", bus.WithHeader(bus.HeaderTenant, "acme.com")))
		w.Settle()
		expect(t, g, flow, "1", "")
	})
}

// TestNowOfJournal lets a flow look at the time after its step, and again when it is played from the journal.
func TestNowOfJournal(t *testing.T) {
	t.Parallel()
	var seen []time.Time
	step := sagas.NewStep("step", func(_ context.Context, n int) (int, error) { return n, nil }, nil)
	flow := sagas.Define("now", func(s *sagas.Saga, n int) (int, error) {
		began := s.Now()
		if _, err := sagas.Do(s, step, n); err != nil {
			return 0, err
		}
		seen = append(seen, began, s.Now())
		return n, s.Sleep(time.Minute)
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		w.Advance(2 * time.Minute)
		expect(t, g, flow, "1", sagas.Completed)
		if len(seen) != 4 || seen[0] != seen[2] || seen[1] != seen[3] {
			t.Errorf("%v", seen)
		}
	})
}

// TestUnencodableTypes defines what has values that have no JSON.
func TestUnencodableTypes(t *testing.T) {
	t.Parallel()
	step := sagas.NewStep("chan", func(context.Context, int) (chan int, error) { return nil, nil }, nil)
	flow := sagas.Define("chan", func(*sagas.Saga, int) (func(), error) { return nil, nil })
	signal := sagas.NewSignal[chan int]("chan")
	if step.Err() == nil || flow.Err() == nil || signal.Err() == nil {
		t.Errorf("step: %v, flow: %v, signal: %v", step.Err(), flow.Err(), signal.Err())
	}
}

// short is a time that is enough for what is known.
func short(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	t.Cleanup(cancel)
	return ctx
}
