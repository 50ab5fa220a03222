package machines_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/machines"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	m := machines.Define(orderSpec())
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	o := instance{ID: "1", State: fresh, At: at}
	for _, step := range []struct {
		payload machines.Payload[event]
		state   state
		data    order
		effects int
		reason  string
		refused bool
	}{
		{payload: shipping{"p"}, state: fresh, refused: true},
		{payload: adding{5}, state: fresh, data: order{Total: 5, Items: 1}},
		{payload: adding{7}, state: fresh, data: order{Total: 12, Items: 2}},
		{payload: paying{11}, state: fresh, data: order{Total: 12, Items: 2}, refused: true, reason: "the amount is too small"},
		{payload: paying{12}, state: paid, data: order{Total: 12, Items: 2, Paid: 12}},
		{payload: paying{12}, state: paid, data: order{Total: 12, Items: 2, Paid: 12}, refused: true},
		{payload: shipping{"p"}, state: shipped, data: order{Total: 12, Items: 2, Paid: 12}, effects: 1},
		{payload: cancelling{}, state: shipped, data: order{Total: 12, Items: 2, Paid: 12}, refused: true},
	} {
		before := o.Version
		next, effects, err := m.Decide(o, step.payload)
		if o = next; o.State != step.state || o.Data != step.data || len(effects) != step.effects {
			t.Errorf("%T: %+v with %d effects", step.payload, o, len(effects))
		}
		refusal, refused := errors.AsType[*machines.NotAllowedError](err)
		switch {
		case refused != step.refused || errors.Is(err, machines.ErrNotAllowed) != refused:
			t.Errorf("%T: %v", step.payload, err)
		case refused && (refusal.Reason != step.reason || refusal.Missing != (before == 0) || o.Version != before):
			t.Errorf("%T: %+v", step.payload, refusal)
		case !refused && (o.Version != before+1 || !o.Entered.Equal(at)):
			t.Errorf("%T: version %d after %d", step.payload, o.Version, before)
		}
	}
}

// TestEnterAndExit notes the order in which the parts of a transition are called.
func TestEnterAndExit(t *testing.T) {
	t.Parallel()
	var called []string
	note := func(what string) machines.Action[state, order] {
		return func(o instance) (order, machines.Effects) {
			called = append(called, what)
			o.Data.Items++
			return o.Data, nil
		}
	}
	s := orderSpec()
	s.Enter = map[state]machines.Action[state, order]{fresh: note("enter new"), paid: note("enter paid")}
	s.Exit = map[state]machines.Action[state, order]{fresh: note("exit new")}
	m := machines.Define(s)
	o, _, err := m.Decide(instance{State: fresh}, adding{1})
	if err != nil {
		t.Fatal(err)
	}
	o, _, err = m.Decide(o, paying{1})
	if want := []string{"enter new", "exit new", "enter paid"}; err != nil || !slices.Equal(called, want) || o.Data.Items != 4 {
		t.Errorf("%v with %+v, %v", called, o, err)
	}
}
