package main_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/machines"
)

// doors are what the commands look at.
type (
	doorState string
	doorEvent string
	door      struct {
		Opened int `json:"opened"`
	}
	opening struct {
		By string `json:"by"`
	}
	closing struct{}
)

func (opening) Event() doorEvent { return "open" }
func (closing) Event() doorEvent { return "close" }

var doors = machines.Define(machines.Spec[doorState, doorEvent, door]{
	Name: "door", Start: "closed",
	On: []machines.Transition[doorState, doorEvent, door]{
		{
			Event: machines.On[opening](), From: []doorState{"closed"}, To: "open",
			Guard: machines.Check(func(_ machines.Instance[doorState, door], o opening) error {
				if o.By == "" {
					return errors.New("nobody is at the door")
				}
				return nil
			}),
			Do: machines.Do(func(i machines.Instance[doorState, door], _ opening) (door, machines.Effects) {
				return door{i.Data.Opened + 1}, nil
			}),
		},
		{Event: machines.On[closing](), From: []doorState{"open"}, To: "closed"},
	},
})

func TestMachines(t *testing.T) {
	t.Parallel()
	at, _, stop := grouped(t, "machines", "house", doors.Part(), doors.Contracts()...)
	for deadline := time.Now().Add(30 * time.Second); ; { // until the group has drawn its machine
		if _, errs, code := command(t, "", "machines", "show", "house", "door", "--kafka", at); code == 0 {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(errs)
		}
	}
	for _, step := range []struct {
		in, out, errs string
		code          int
		args          []string
	}{
		{out: "open → open\n", args: []string{"send", "house", "door", "front", "open", `{"by":"anna"}`}},
		{out: "refused: not allowed in open", errs: "does not take open", code: 1, args: []string{
			"send", "house", "door", "front", "open",
			`{"by":"bert"}`,
		}},
		{out: `"refused":true,"reason":"nobody is at the door"`, code: 1, args: []string{"send", "house", "door", "back", "open", "--json"}},
		{in: `{"by":"anna"}`, out: `"to":"open"`, args: []string{"send", "house", "door", "side", "open", "-", "--tenant", "acme", "--json"}},
		{out: "door.events ", args: []string{"send", "house", "door", "other", "close", "--wait", "0"}},
		{errs: "has no event", code: 1, args: []string{"send", "house", "door", "front", "burn"}},
		{errs: "not JSON", code: 2, args: []string{"send", "house", "door", "front", "open", "{"}},
		{errs: "has no window", code: 1, args: []string{"send", "house", "window", "front", "open"}},
		{out: "door     1        2          open 2\n", args: []string{"house"}},
		{out: `{"machine":"door","version":1,"instances":2,"states":{"open":2}}`, args: []string{"house", "--json"}},
		{out: "front  -       open   1", args: []string{"list", "house", "door"}},
		{out: "… and 1 more", args: []string{"list", "house", "door", "-n", "1"}},
		{out: `{"id":"side","tenant":"acme","state":"open"`, args: []string{"list", "house", "door", "--tenant", "acme", "--json"}},
		{errs: `no state "ajar", but closed, open`, code: 2, args: []string{"list", "house", "door", "--state", "ajar"}},
		{out: "closed  open [guarded]  open\n", args: []string{"show", "house", "door"}},
		{out: "class open current", args: []string{"show", "house", "door", "front", "--mermaid"}},
		{out: `"open" [penwidth=3]`, args: []string{"show", "house", "door", "front", "--graphviz"}},
		{errs: "one of", code: 2, args: []string{"show", "house", "door", "front", "--graphviz", "--mermaid"}},
		{out: "allows   close → closed\n", args: []string{"show", "house", "door", "front"}},
		{out: "refused: not allowed in open\n", args: []string{"show", "house", "door", "front"}},
		{out: `"allowed":[{"from":"open","event":"close","to":"closed"}],"history":[{`, args: []string{"show", "house", "door", "front", "--json"}},
		{errs: `no instance "front" of the tenant "acme"`, code: 1, args: []string{"show", "house", "door", "front", "--tenant", "acme"}},
	} {
		out, errs, code := command(t, step.in, append([]string{"machines", "--kafka", at}, step.args...)...)
		if code != step.code || !strings.Contains(out, step.out) || !strings.Contains(errs, step.errs) {
			t.Errorf("machines %v: %d, %s%s", step.args, code, out, errs)
		}
	}
	stop()
	out, errs, code := command(t, "", "machines", "send", "house", "door", "front", "close", "--wait", "200ms", "--kafka", at)
	if code != 1 || !strings.Contains(errs, "does the group run?") {
		t.Errorf("to a group that does not run: %d, %s%s", code, out, errs)
	}
}
