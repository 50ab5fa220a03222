package machines

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	machine "github.com/millrace/millrace/machines"
)

// history are the transitions of an order as the machine decides them.
func history(t *testing.T, id string, events int) []moved {
	t.Helper()
	m := machine.Define(spec("order"))
	is := machine.Instance[state, order]{ID: id, State: fresh}
	var all []moved
	for n := range events {
		next, _, err := m.Decide(is, nth(n))
		if err != nil {
			t.Fatalf("event %d: %v", n, err)
		}
		next.Version = is.Version + 1
		all = append(all, moved{ID: id, From: is.State, Event: nth(n).Event(), To: next.State, Version: next.Version, Data: next.Data})
		is = next
	}
	return all
}

func count(t *testing.T, all []moved, events ...int) error {
	t.Helper()
	told := tally{rows: make(map[string]row)}
	for _, m := range all {
		value, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := told.add(&kgo.Record{Key: []byte(m.ID), Value: value}); err != nil {
			return err
		}
	}
	return told.check(events)
}

func TestSidesAgree(t *testing.T) {
	t.Parallel()
	const events = 20
	is := row{State: fresh}
	for n, m := range history(t, "a", events) {
		next, err := is.next(nth(n))
		if err != nil || next.State != m.To || next.Data != m.Data || next.Version != m.Version || is.State != m.From {
			t.Errorf("event %d makes %+v of %+v, and the machine %+v, %v", n, next, is, m, err)
		}
		is = next
	}
	if _, err := (row{State: open, Data: order{Owed: 5}}).next(paying{Amount: 4}); !errors.Is(err, errTooLow) {
		t.Errorf("a payment that is too low: %v", err)
	}
}

func TestTallyRefuses(t *testing.T) {
	t.Parallel()
	good := func() []moved { return append(history(t, idOf(0), 9), history(t, idOf(1), 4)...) }
	if err := count(t, good(), 9, 4); err != nil {
		t.Errorf("what is right is refused: %v", err)
	}
	for name, spoil := range map[string]func([]moved) []moved{
		"lost":        func(all []moved) []moved { return append(all[:3], all[4:]...) },
		"last lost":   func(all []moved) []moved { return all[:len(all)-1] },
		"repeated":    func(all []moved) []moved { return append(all, all[len(all)-1]) },
		"reordered":   func(all []moved) []moved { all[1], all[2] = all[2], all[1]; return all },
		"other data":  func(all []moved) []moved { all[5].Data.Paid++; return all },
		"other state": func(all []moved) []moved { all[5].To = paid; return all },
		"an order":    func(all []moved) []moved { return append(all, history(t, idOf(2), 1)...) },
	} {
		if err := count(t, spoil(good()), 9, 4); !errors.Is(err, ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
