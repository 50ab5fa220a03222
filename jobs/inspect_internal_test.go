package jobs

import (
	"context"
	"strings"
	"testing"
)

// TestHeldByInspect shortens what is read of a queue's jobs: of one that is not kept nothing is held of what it works on, and of one that is
// kept no more than is asked for.
func TestHeldByInspect(t *testing.T) {
	t.Parallel()
	const large = 100_000
	text := `"` + strings.Repeat("x", large) + `"`
	after := Define("after", func(context.Context, *Attempt, string) (None, error) { return None{}, nil }, Queue("other"))
	then, err := linked([]Job{after.New(text, ID("next"))})
	if err != nil {
		t.Fatal(err)
	}
	job := func(state State) []byte {
		r := row{
			key: "acme/1", kind: "large", state: state, created: 7, reason: "no", args: []byte(text), result: []byte(text), given: []byte(text),
			then: then,
		}
		return r.encode()
	}
	refuse := func(*Description) bool { return false }
	keep := func(*Description) bool { return true }
	valueless := func(d *Description) bool {
		d.Input, d.Output = nil, nil
		return d.Kind == "large"
	}
	for name, c := range map[string]struct {
		state       State
		keep        func(*Description) bool
		most, least int
	}{
		"refused":                {Dead, refuse, 50, 1},
		"kept without values":    {Dead, valueless, 500, 50},
		"kept":                   {Dead, keep, 2*large + 500, 2 * large},
		"pending without values": {Pending, valueless, 500, 50},
		"pending and refused":    {Pending, refuse, 2*large + 500, 2 * large}, // keep may say yes once it knows of its members
	} {
		value := shortened("acme/1", job(c.state), c.keep)
		if len(value) > c.most || len(value) < c.least {
			t.Errorf("%s: %d bytes are held", name, len(value))
		}
		r, err := decode("acme/1", value)
		if err != nil || r.kind != "large" || r.state != c.state {
			t.Errorf("%s: %+v, %v", name, r, err)
			continue
		}
		if next := r.next(); name != "refused" && (len(next) != 1 || next[0] != (Link{Queue: "other", Kind: "after", ID: "next"})) {
			t.Errorf("%s: next is %+v", name, next)
		}
	}
	if damaged := shortened("acme/1", []byte{1, 200}, keep); len(damaged) != 2 {
		t.Errorf("%v", damaged)
	}
}
