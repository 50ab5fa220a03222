package durable_test

import (
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/httpapi/operations/durable"
	"github.com/millrace/millrace/internal/golden"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions"
)

// TestDocument holds the document of what is derived against a recorded one.
func TestDocument(t *testing.T) {
	t.Parallel()
	b := broker(t)
	g, err := partitions.New(b, "house", doors.Part(), visits.Part(), safes())
	if err != nil {
		t.Fatal(err)
	}
	a, _ := api(t, nil, time.Minute)
	deriveDoors(a, g)
	deriveVisits(a, g, b)
	deriveSafes(a, g)
	got, err := a.Document()
	if err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/openapi.json", got)
}

// TestDefinitions derives of what is defined wrongly: it is told, and nothing is served.
func TestDefinitions(t *testing.T) {
	t.Parallel()
	b := broker(t)
	g, err := partitions.New(b, "house", doors.Part(), visits.Part(), safes())
	if err != nil {
		t.Fatal(err)
	}
	wrong := machines.Define(machines.Spec[state, event, door]{Name: "Wrong"})
	for says, derive := range map[string]func(*operations.API){
		"who may do what are needed": func(a *operations.API) { durable.Machine(a, g, doors, nil) },
		"a group, a machine":         func(a *operations.API) { durable.Machine(a, nil, doors, allow) },
		"machines: definition":       func(a *operations.API) { durable.Machine(a, g, wrong, allow) },
		`no event "slam"`:            func(a *operations.API) { durable.Machine(a, g, doors, allow, durable.Without("slam")) },
		"must begin with /":          func(a *operations.API) { durable.Machine(a, g, doors, allow, durable.Under("v1")) },
		"an option is nil":           func(a *operations.API) { durable.Machine(a, g, doors, allow, nil) },
		"a flow, a publisher and a":  func(a *operations.API) { durable.Saga(a, g, visits, b, nil) },
		"Operators: name a role":     func(a *operations.API) { durable.Saga(a, g, visits, b, allow, durable.Operators()) },
		"how its question is made":   func(a *operations.API) { durable.Command[coins](a, g, "safe", deposit, nil, allow) },
		"does not answer it":         func(a *operations.API) { durable.Command(a, g, "safe", unanswered, inSafe, allow) },
		`"Safe" must be`:             func(a *operations.API) { durable.Command(a, g, "Safe", deposit, inSafe, allow) },
		`a status of 400 to 499`: func(a *operations.API) {
			durable.Command(a, g, "safe", deposit, inSafe, allow, durable.Refused("x", 500, "x"))
		},
		`chooses no code "panic"`: func(a *operations.API) {
			durable.Command(a, g, "safe", deposit, inSafe, allow, durable.Refused("panic", 409, "x"))
		},
		`"x" is given twice`: func(a *operations.API) {
			x := durable.Refused("x", 409, "x")
			durable.Command(a, g, "safe", deposit, inSafe, allow, x, x)
		},
		"Signals: the signal is nil": func(a *operations.API) { durable.Saga(a, g, visits, b, allow, durable.Signals[int](nil)) },
	} {
		a, _ := api(t, nil, time.Minute)
		derive(a)
		if err := a.Publish("/openapi.json"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	a, router := api(t, nil, time.Minute)
	durable.Machine(a, g, doors, nil)
	deriveDoors(a, g)
	deriveVisits(a, g, b)
	if served := len(router.Routes()); served != 0 {
		t.Errorf("%d routes are served after a definition that is wrong", served)
	}
}

// TestWithout leaves an event out: of what is served, of the document, and of what a problem names.
func TestWithout(t *testing.T) {
	t.Parallel()
	b := broker(t)
	if err := b.Verify(t.Context(), doors.Contracts()...); err != nil {
		t.Fatal(err)
	}
	one := start(t, b, "one", doors.Part(), func(a *operations.API, g *partitions.Group) {
		durable.Machine(a, g, doors, allow, durable.Without("close"), durable.Under("/v1"))
	})
	path := "/v1/door/" + strings.ReplaceAll(one.owned("one"), "/", "%2F")
	answer := one.send("POST", path+"/open", `{"by":"ada"}`)
	one.wants(answer, 200)
	answer = one.send("POST", path+"/close", `{}`)
	one.wants(answer, 404)
	answer = one.send("POST", path+"/open", `{"by":"ada"}`)
	one.wants(answer, 409, `"allowed":[]`, "but no event")
}
