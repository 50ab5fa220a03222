package machines_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions"
)

type pointed struct{}

func (*pointed) Event() event { return "pointed" }

type misnamed struct{}

func (misnamed) Event() event { return "No" }

type twin struct{}

func (twin) Event() event { return "pay" }

func TestDefinitionErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*spec)
		says   string
	}{
		"name":        {func(s *spec) { s.Name = "Order" }, "name"},
		"start":       {func(s *spec) { s.Start = "" }, "Start"},
		"version":     {func(s *spec) { s.Version = 2 }, "Upgrade"},
		"keep":        {func(s *spec) { s.Keep = time.Millisecond }, "Keep"},
		"dead end":    {func(s *spec) { s.Final = []state{shipped} }, `nothing leads out of the state "cancelled"`},
		"left final":  {func(s *spec) { s.Final = append(s.Final, paid) }, `"paid" is final`},
		"final":       {func(s *spec) { s.Final = append(s.Final, "lost") }, `"lost" is in no transition`},
		"unreachable": {func(s *spec) { s.On[1].From = []state{"lost"} }, `nothing leads from "new" to the state "lost"`},
		"ambiguous": {func(s *spec) {
			s.On = append(s.On, transition{Event: machines.On[paying](), From: []state{fresh}, To: cancelled})
		}, `leads to "paid" too`},
		"no from":    {func(s *spec) { s.On[0].From = nil }, "From and To"},
		"no to":      {func(s *spec) { s.On[0].To = "" }, "From and To"},
		"no event":   {func(s *spec) { s.On[0].Event = machines.Event[event]{} }, "made by machines.On"},
		"pointer":    {func(s *spec) { s.On[0].Event = machines.On[*pointed]() }, "must not be a pointer"},
		"event name": {func(s *spec) { s.On[0].Event = machines.On[misnamed]() }, `the event "No"`},
		"two types":  {func(s *spec) { s.On[0].Event, s.On[0].Do = machines.On[twin](), machines.Step[state, event, order]{} }, "two payloads"},
		"guard":      {func(s *spec) { s.On[0].Guard = machines.Check(enough) }, "Guard is for events with"},
		"do":         {func(s *spec) { s.On[1].Do = machines.Do(add) }, "Do is for events with"},
		"after":      {func(s *spec) { s.After[0].After = 0 }, "must be positive"},
		"after twice": {func(s *spec) {
			s.After = append(s.After, timeout{In: fresh, After: time.Hour, Event: machines.On[expiring]()})
		}, "two times"},
		"after where": {func(s *spec) { s.After[0].In = "lost" }, `"lost" is no state`},
		"after what":  {func(s *spec) { s.After[0].In = paid }, "expire is not allowed there"},
		"enter":       {func(s *spec) { s.Enter = map[state]machines.Action[state, order]{"lost": nil} }, "Enter"},
	} {
		s := orderSpec()
		test.change(&s)
		m := machines.Define(s)
		if err := m.Err(); !errors.Is(err, machines.ErrDefinition) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
		b := bustest.Open(t)
		if _, err := partitions.New(b, "orders", m.Part()); !errors.Is(err, machines.ErrDefinition) {
			t.Errorf("%s: a group is made: %v", name, err)
		}
		if err := m.Send(t.Context(), b, "1", paying{1}).Err(); !errors.Is(err, machines.ErrDefinition) {
			t.Errorf("%s: an event is sent: %v", name, err)
		}
		if _, _, err := m.Decide(instance{}, paying{1}); !errors.Is(err, machines.ErrDefinition) {
			t.Errorf("%s: it decides: %v", name, err)
		}
	}
	if err := machines.Define(orderSpec()).Err(); err != nil {
		t.Error(err)
	}
}

func TestWrongEvents(t *testing.T) {
	t.Parallel()
	m, b := machines.Define(orderSpec()), bustest.Open(t)
	for name, results := range map[string]error{
		"no id":   m.Send(t.Context(), b, "", paying{1}).Err(),
		"long id": m.Send(t.Context(), b, strings.Repeat("x", 501), paying{1}).Err(),
		"nil":     m.Send(t.Context(), b, "1", nil).Err(),
		"twin":    m.Send(t.Context(), b, "1", twin{}).Err(),
		"unknown": m.Send(t.Context(), b, "1", misnamed{}).Err(),
	} {
		if results == nil {
			t.Errorf("%s: it was sent", name)
		}
	}
}

func TestDrawings(t *testing.T) {
	t.Parallel()
	m := machines.Define(orderSpec())
	if got, want := m.Chart().Mermaid(), `stateDiagram-v2
    [*] --> new
    new --> new : add
    new --> paid : pay [guarded]
    new --> cancelled : cancel
    new --> cancelled : expire after 2m0s
    paid --> shipped : ship
    paid --> cancelled : cancel
    shipped --> [*]
    cancelled --> [*]
`; got != want {
		t.Errorf("Mermaid:\n%s", got)
	}
	if got := m.Chart().Graphviz(); !strings.Contains(got, `"new" -> "cancelled" [label="expire after 2m0s"]`) ||
		!strings.Contains(got, `"shipped" [peripheries=2]`) {
		t.Errorf("Graphviz:\n%s", got)
	}
	var table strings.Builder
	if err := m.Chart().Write(&table); err != nil || !strings.Contains(table.String(), "paid  ship               shipped\n") {
		t.Errorf("table:\n%s%v", table.String(), err)
	}
}
