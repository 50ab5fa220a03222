package soak_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/jobs/webhooks"
)

// TestHookOracleFinds plays what two endpoints get of two events, with one thing wrong at a time.
func TestHookOracleFinds(t *testing.T) {
	t.Parallel()
	const plain, ordered = "t1-plain", "t1-ordered"
	type tell = func(*hookOracle)
	occurs := func(event string) tell { return func(o *hookOracle) { o.occurs("t1", event) } }
	came := func(endpoint string, events ...string) tell {
		return func(o *hookOracle) {
			for _, event := range events {
				o.came(endpoint, event)
				o.answered(endpoint, event)
			}
		}
	}
	fails := func(endpoint, event string) tell { return func(o *hookOracle) { o.came(endpoint, event) } }
	told := func(endpoint, event string, outcomes ...string) tell {
		return func(o *hookOracle) {
			for i, outcome := range outcomes {
				o.attempted(webhooks.Attempted{Endpoint: endpoint, Attempt: webhooks.Attempt{Event: event, Number: i + 1, Outcome: outcome}})
			}
		}
	}
	const yes, no, dead = webhooks.OutcomeDelivered, webhooks.OutcomeFailed, webhooks.OutcomeDead
	history := []struct {
		name string
		tell []tell
	}{
		{"plain", []tell{came(plain, "e2", "e1", "e2")}},
		{"ordered", []tell{fails(ordered, "e1"), came(ordered, "e1", "e2", "e1")}},
		{"e1", []tell{occurs("e1")}},
		{"e2", []tell{occurs("e2")}},
		{"told of plain", []tell{told(plain, "e2", yes), told(plain, "e1", yes)}},
		{"told of ordered", []tell{told(ordered, "e1", no, yes), told(ordered, "e2", yes)}},
	}
	play := func(instead string, other []tell) string {
		var broken []string
		o := newHookOracle(func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) })
		o.endpoint(plain, false)
		o.endpoint(ordered, true)
		for _, part := range history {
			tell := part.tell
			if part.name == instead {
				tell = other
			}
			for _, each := range tell {
				each(o)
			}
		}
		o.settled()
		return strings.Join(broken, "\n")
	}
	if said := play("", nil); said != "" {
		t.Fatalf("nothing is wrong, and the oracle says %s", said)
	}
	for _, mistake := range []struct {
		name, part, says string
		instead          []tell
	}{
		{"an event that never comes", "plain", "t1-plain has not got 1 events, such as e2", []tell{came(plain, "e1")}},
		{"an event that is never told", "told of plain", "t1-plain has not got 1 events, such as e1", []tell{told(plain, "e2", yes)}},
		{"an event that is never answered", "plain", "e2 is told as delivered, and was not", []tell{came(plain, "e1"), fails(plain, "e2")}},
		{"an event from nowhere", "e2", `t1-plain got e2, which happened to ""`, nil},
		{"another tenant's event", "e2", `which happened to "t2"`, []tell{func(o *hookOracle) { o.occurs("t2", "e2") }}},
		{"an event twice", "e2", "the event e2 is there twice", []tell{occurs("e2"), occurs("e2")}},
		{"another order", "ordered", "t1-ordered got e2 where e1 was next", []tell{came(ordered, "e2", "e1")}},
		{"one before the last is answered", "ordered", "got e2 before e1 was answered", []tell{fails(ordered, "e1"), came(ordered, "e2", "e1")}},
		{"a delivery that is told twice", "told of plain", "after 1, delivered: true", []tell{told(plain, "e2", yes, yes), told(plain, "e1", yes)}},
		{"an attempt that is not told", "told of ordered", "attempt 2 of e1 is told", []tell{
			func(o *hookOracle) {
				o.attempted(webhooks.Attempted{Endpoint: ordered, Attempt: webhooks.Attempt{Event: "e1", Number: 2, Outcome: yes}})
			}, told(ordered, "e2", yes),
		}},
		{
			"a delivery that is given up", "told of ordered", "attempt 2 of e1 is dead",
			[]tell{told(ordered, "e1", no, dead), told(ordered, "e2", yes)},
		},
	} {
		if said := play(mistake.part, mistake.instead); !strings.Contains(said, mistake.says) {
			t.Errorf("%s: the oracle says %q, want %q", mistake.name, said, mistake.says)
		}
	}
}
