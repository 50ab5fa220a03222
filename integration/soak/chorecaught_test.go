package soak_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
)

// scene is a part of a history.
type scene struct {
	name string
	tell []func(*choreOracle)
}

type scenes []scene

// play tells a history, or what stands in place of one part of it, up to a time.
func (all scenes) play(instead string, other []func(*choreOracle), until time.Time) string {
	var broken []string
	o := newChoreOracle(func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) })
	for _, s := range all {
		tell := s.tell
		if s.name == instead {
			tell = other
		}
		for _, tell := range tell {
			tell(o)
		}
	}
	o.settled(until)
	o.judge()
	return strings.Join(broken, "\n")
}

// toldAs tells that a job is in one state after the other, by its first attempt.
func toldAs(id string, states ...jobs.State) (all []func(*choreOracle)) {
	was := jobs.State("")
	for _, state := range states {
		t := jobs.Told{ID: id, Was: was, State: state, Attempt: 1}
		was = state
		all = append(all, func(o *choreOracle) { o.told(t) })
	}
	return all
}

// TestChoreOracleFinds plays the history of a chore, of what comes after it, of one that is cancelled and of two ticks, with one thing
// wrong at a time.
func TestChoreOracleFinds(t *testing.T) {
	t.Parallel()
	at := time.Now().UTC().Truncate(time.Second)
	wall := at.UnixNano()
	next := at.Add(beatEvery)
	tick := func(at time.Time) string { return beatKind + "@" + at.Format(time.RFC3339) }
	call := func(id string, c choreCall) func(*choreOracle) { return func(o *choreOracle) { o.call(id, c) } }
	arrived := func(id, kind string, due time.Time) func(*choreOracle) {
		return func(o *choreOracle) { o.arrived(id, kind, due) }
	}
	state := func(t jobs.Told) func(*choreOracle) { return func(o *choreOracle) { o.told(t) } }
	row := func(d jobs.Description) func(*choreOracle) {
		return func(o *choreOracle) { o.stored(append(kept(o, d.ID), d)) }
	}
	dead := jobs.Description{ID: "c3", State: jobs.Dead, Attempts: choreAttempts}
	again := at.Add(3 * time.Second)
	failed := choreCall{who: "w1", token: 5, number: 1, attempt: 1, began: 10, left: 20, wall: wall, came: fateFails}
	well := choreCall{who: "w2", token: 7, number: 2, attempt: 2, began: 30, left: 40, wall: again.UnixNano(), came: fateWell}
	one := func(who string, came fate) choreCall {
		return choreCall{who: who, token: 5, number: 1, attempt: 1, began: 10, left: 20, wall: next.UnixNano(), came: came}
	}
	of := func(c choreCall, change func(*choreCall)) choreCall { change(&c); return c }
	single := func(name string, tell ...func(*choreOracle)) scene { return scene{name, tell} }
	history := scenes{
		single("c0", arrived("c0", choreKind, at)), single("c1", arrived("c1", choreKind, time.Time{})),
		single("c3", arrived("c3", choreKind, time.Time{})),
		single("tick 1", arrived(tick(at), beatKind, at)), single("tick 2", arrived(tick(next), beatKind, next)),
		single("receipt", arrived(receiptOf+"c0", receiptKind, time.Time{})),
		single("asked", func(o *choreOracle) { o.asked["c1"], o.ended["c1"] = true, 25 }),
		single("begins", toldAs("c0", jobs.Running)...),
		single("fails", state(jobs.Told{ID: "c0", Was: jobs.Running, State: jobs.Retrying, Attempt: 1, Due: again})),
		single("begins again", state(jobs.Told{ID: "c0", Was: jobs.Retrying, State: jobs.Running, Attempt: 2})),
		single("done", state(jobs.Told{ID: "c0", Was: jobs.Running, State: jobs.Done, Attempt: 2})),
		single("cancelled", toldAs("c1", jobs.Running, jobs.Cancelled)...), single("dead", toldAs("c3", jobs.Running, jobs.Dead)...),
		single("tick 1 done", toldAs(tick(at), jobs.Running, jobs.Done)...), single("tick 2 done", toldAs(tick(next), jobs.Running, jobs.Done)...),
		single("receipt done", toldAs(receiptOf+"c0", jobs.Running, jobs.Done)...),
		single("call 1", call("c0", failed)), single("call 2", call("c0", well)), single("call cancelled", call("c1", one("w1", fateIsCut))),
		single("call dead", call("c3", one("w1", fateIsBad))), single("call ticks", call(tick(at), one("w2", fateWell)),
			call(tick(next), one("w3", fateWell))),
		single("call receipt", call(receiptOf+"c0", one("w2", fateWell))),
		single("rows", row(dead)),
	}
	if said := history.play("", nil, at); said != "" {
		t.Fatalf("nothing is wrong, and the oracle says %s", said)
	}
	calls := func(c ...choreCall) (all []func(*choreOracle)) {
		for _, c := range c {
			all = append(all, call("c0", c))
		}
		return all
	}
	awoken := []pause{{15, 35}}
	for _, mistake := range []struct {
		name, part, says string
		instead          []func(*choreOracle)
	}{
		{"a job that is lost", "done", `c0 is "running", one of 1 jobs that have not ended`, nil},
		{"a job from nowhere", "c3", "c3 is running, and was never enqueued", nil},
		{"a job that is done twice", "done", `c0 is done after "done"`, []func(*choreOracle){
			state(jobs.Told{ID: "c0", Was: jobs.Running, State: jobs.Done, Attempt: 2}),
			state(jobs.Told{ID: "c0", Was: jobs.Running, State: jobs.Done, Attempt: 2}),
		}},
		{"what is told out of turn", "begins", `which was told as "running"`, nil},
		{"a done job that nobody has done", "call 2", "c0 is done by attempt 2, of which there is no such call", nil},
		{"a call that failed and is done", "call 2", "no such call", calls(of(well, func(c *choreCall) { c.came = fateFails }))},
		{
			"a call that was not told", "call 1", "attempt 3 began, and was never told",
			calls(failed, of(well, func(c *choreCall) { c.number, c.began, c.left = 3, 50, 60 })),
		},
		{"an attempt too many", "call 2", "c0 has made attempt 5", calls(of(well, func(c *choreCall) { c.attempt = 5 }))},
		{"a job before its time", "call 1", "c0 began 1ns before it was due", calls(of(failed, func(c *choreCall) { c.wall-- }))},
		{"a retry before its time", "call 2", "due again after attempt 1", calls(of(well, func(c *choreCall) { c.wall-- }))},
		{"two calls at once", "call 2", "two calls at once", calls(of(well, func(c *choreCall) { c.began = 19 }))},
		{
			"two calls of one token at once", "call 1", "two calls at once",
			calls(of(failed, func(c *choreCall) { c.who, c.token, c.left, c.pauses = "w2", 7, 31, awoken })),
		},
		{"a call that was not fenced when the next began", "call 1", "two calls at once", calls(of(failed, func(c *choreCall) {
			c.left, c.pauses = 31, []pause{{15, 29 - int64(awake)}}
		}))},
		{"a fenced call", "call 1", "", calls(of(failed, func(c *choreCall) { c.left, c.pauses = 45, awoken }))},
		{"a call twice", "call 1", "was called twice", calls(failed, failed)},
		{"a token of two", "call 2", "w1 and w2 have the token 5", calls(of(well, func(c *choreCall) { c.token = 5 }))},
		{"a call after the cancellation", "call cancelled", "and its cancellation was answered at 25", []func(*choreOracle){
			call("c1", of(one("w1", fateIsCut), func(c *choreCall) { c.left = 26 })),
		}},
		{"a cancelled job that goes on while it stands still", "call cancelled", "", []func(*choreOracle){
			call("c1", of(one("w1", fateIsCut), func(c *choreCall) { c.left, c.pauses = 26, awoken })),
		}},
		{"a cancellation that nobody asked for", "asked", "nobody has asked for it", nil},
		{
			"a cancelled job that is done", "cancelled", "the cancellation of c1 was answered",
			append(toldAs("c1", jobs.Running, jobs.Done), call("c1", one("w1", fateWell))),
		},
		{
			"a dead job with attempts to spare", "rows", "c3 is dead after 3 attempts",
			[]func(*choreOracle){row(jobs.Description{ID: "c3", State: jobs.Dead, Attempts: 3})},
		},
		{"a dead job without a row", "rows", "c3 is dead, and has no row", []func(*choreOracle){func(o *choreOracle) { o.stored(kept(o, "c3")) }}},
		{"another row", "rows", "the row of c3 is waiting", []func(*choreOracle){row(jobs.Description{ID: "c3", State: jobs.Waiting})}},
		{"a tick that is lost", "tick 1", "was never enqueued", nil},
		{"a tick that is missing", "tick 2", "is missing", append([]func(*choreOracle){
			arrived(tick(next.Add(beatEvery)), beatKind, next.Add(beatEvery)), arrived(tick(next), receiptKind, time.Time{}),
		}, toldAs(tick(next.Add(beatEvery)), jobs.Running)...)},
		{"a tick that comes when all has ended", "rows", "", []func(*choreOracle){
			arrived(tick(next.Add(beatEvery)), beatKind, next.Add(beatEvery)),
			func(o *choreOracle) { o.stored(append(kept(o, "c3", tick(next.Add(beatEvery))), dead)) },
		}},
		{"a tick twice", "tick 2", "is enqueued twice", []func(*choreOracle){
			arrived(tick(next), beatKind, next),
			arrived(tick(next), beatKind, next),
		}},
		{"a tick of another time", "tick 1", "the tick of", []func(*choreOracle){arrived(tick(at), beatKind, next)}},
		{"a tick that is dead", "tick 1 done", "is dead", toldAs(tick(at), jobs.Running, jobs.Dead)},
		{"what comes after a job is lost", "receipt", "what comes after it is there: false", nil},
		{"what comes after a job twice", "receipt", "is enqueued twice", []func(*choreOracle){
			arrived(receiptOf+"c0", receiptKind, time.Time{}), arrived(receiptOf+"c0", receiptKind, time.Time{}),
		}},
	} {
		said := history.play(mistake.part, mistake.instead, at)
		if !strings.Contains(said, mistake.says) || mistake.says == "" && said != "" {
			t.Errorf("%s: the oracle says %q, want %q", mistake.name, said, mistake.says)
		}
	}
}

// kept are the rows of all jobs but some, as they should be.
func kept(o *choreOracle, but ...string) (rows []jobs.Description) {
	for id, l := range o.jobs {
		if !slices.Contains(but, id) {
			rows = append(rows, jobs.Description{ID: id, State: l.state})
		}
	}
	return rows
}
