package machinestest_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/machines/machinestest"
)

type (
	state string
	event string
	level struct{ N int }
	fill  struct{ By int }
	drain struct{}
)

func (fill) Event() event  { return "fill" }
func (drain) Event() event { return "drain" }

type instance = machines.Instance[state, level]

// tank takes up to most, and has a mistake where the guard is left out.
func tank(most int, guarded bool) *machines.Machine[state, event, level] {
	s := machines.Spec[state, event, level]{
		Name: "tank", Start: "open",
		On: []machines.Transition[state, event, level]{
			{Event: machines.On[fill](), From: []state{"open"}, To: "open", Do: machines.Do(func(i instance, f fill) (level, machines.Effects) {
				return level{i.Data.N + f.By}, nil
			})},
			{Event: machines.On[drain](), From: []state{"open"}, To: "drained"},
			{Event: machines.On[fill](), From: []state{"drained"}, To: "open"},
		},
	}
	if guarded {
		s.On[0].Guard = machines.Check(func(i instance, f fill) error {
			if i.Data.N+f.By > most {
				return errors.New("it would run over")
			}
			return nil
		})
	}
	return machines.Define(s)
}

func TestRun(t *testing.T) {
	t.Parallel()
	steps := []machinestest.Step[state, event]{
		{Payload: fill{3}, To: "open"}, {Payload: fill{9}, To: "open", Refused: true}, {Payload: drain{}, To: "drained"},
	}
	if i, _ := machinestest.Run(t, tank(10, true), steps...); i.Data.N != 3 || i.Version != 2 {
		t.Errorf("%+v", i)
	}
	fails(t, "run", "step 2, fill in \"open\"")
}

func TestExploreFinds(t *testing.T) {
	t.Parallel()
	fails(t, "broken", "runs over")
}

func TestExploreCovers(t *testing.T) {
	t.Parallel()
	explore(t, tank(10, true), true)
	fails(t, "uncovered", `no event has led from "open" by drain to "drained"`)
}

func explore(t *testing.T, m *machines.Machine[state, event, level], drains bool) {
	t.Helper()
	machinestest.Explore(t, m, func(r *rapid.T, _ instance) machines.Payload[event] {
		if drains && rapid.Bool().Draw(r, "drain") {
			return drain{}
		}
		return fill{rapid.IntRange(1, 5).Draw(r, "by")}
	}, func(_, is instance, _ machines.Effects) error {
		if is.Data.N > 10 {
			return errors.New("it runs over")
		}
		return nil
	})
}

var failing = flag.String("failing", "", "run the test that must fail in this way")

// fails runs TestFailing in a process of its own, and looks at what it says.
func fails(t *testing.T, way, says string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestFailing$", "-failing", way, "-rapid.nofailfile")
	out, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(out), says) {
		t.Errorf("%s: %v\n%s", way, err, out)
	}
}

func TestFailing(t *testing.T) { //nolint:paralleltest // alone in its process
	switch *failing {
	case "run":
		machinestest.Run(t, tank(10, true),
			machinestest.Step[state, event]{Payload: fill{3}, To: "open"}, machinestest.Step[state, event]{Payload: fill{9}, To: "open"})
	case "broken":
		explore(t, tank(10, false), true)
	case "uncovered":
		explore(t, tank(10, true), false)
	}
}
