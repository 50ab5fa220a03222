package soak_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/machines"
)

// TestLampOracleFinds plays the history of a lamp with one thing wrong at a time.
func TestLampOracleFinds(t *testing.T) {
	t.Parallel()
	type moved = machines.Moved[lampState, lampEvent, lamp]
	type refused = machines.Refused[lampState, lampEvent]
	at := time.Now()
	on := moved{ID: "l", From: lampOff, Event: "press", To: lampOn, Version: 1, Data: lamp{1, 6}, Cause: "e1", At: at}
	no := refused{ID: "l", State: lampOn, Event: "press", Version: 1, Cause: "e2", At: at}
	off := moved{ID: "l", From: lampOn, Event: "fade", To: lampOff, Version: 2, Data: lamp{1, 6}, At: at.Add(fadeAfter)}
	of := func(m moved, change func(*moved)) moved { change(&m); return m }
	for _, mistake := range []struct {
		name, says string
		told       []any
	}{
		{"nothing", "", []any{on, no, off}},
		{"a lost transition", "2 lamp events have no end", []any{}},
		{"a lost refusal", "1 lamp events have no end", []any{on, off}},
		{"a timer that is lost", "has not faded", []any{on, no}},
		{"a timer that is early", "faded 2s after", []any{on, no, of(off, func(m *moved) { m.At = at.Add(2 * time.Second) })}},
		{"an event twice", "has two ends", []any{on, on, no, off}},
		{"an event from nowhere", "from nowhere", []any{on, no, off, of(on, func(m *moved) { m.Cause, m.Version = "e3", 3 })}},
		{"a version too many", "leads to", []any{of(on, func(m *moved) { m.Version = 2 }), no, off}},
		{"other data", "leads to", []any{of(on, func(m *moved) { m.Data.Sum = 7 }), no, off}},
		{"another state", "leads to", []any{of(on, func(m *moved) { m.To = lampDim }), no}},
		{"a refusal of what is allowed", "was refused of", []any{refused{ID: "l", State: lampOff, Event: "press", Cause: "e1"}, no}},
	} {
		var broken []string
		o := newLampOracle(func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) })
		o.event("e1", pressing{6})
		o.event("e2", pressing{1})
		for _, told := range mistake.told {
			switch told := told.(type) {
			case moved:
				o.moved(told)
			case refused:
				o.refused(told)
			}
		}
		said := strings.Join(append(broken, o.missing()), "\n")
		if !strings.Contains(said, mistake.says) || mistake.says == "" && strings.TrimSpace(said) != "" {
			t.Errorf("%s: the oracle says %q, want %q", mistake.name, said, mistake.says)
		}
	}
}
