package soak_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/jobs"
)

// choreOracle follows what is told of chores, of what comes after them, and of ticks.
type choreOracle struct {
	breaks func(format string, args ...any)
	jobs   map[string]*choreLife
	open   map[string]bool        // that have not ended
	calls  map[string][]choreCall // of those that were not judged yet
	ticks  map[time.Time]bool
	first  time.Time // tick
	last   time.Time

	called int
	fenced int // calls of processes that stood still, beside a later one
	asked  map[string]bool
	ended  map[string]int64 // when a cancellation was answered
}

// choreLife is what was told of a job.
type choreLife struct {
	kind  string
	due   time.Time
	state jobs.State
	runs  map[int]bool // the numbers of the attempts that were told
	later []later
	done  int // the number of the attempt that it is done by
}

// later is when a job comes again after an attempt.
type later struct {
	after int
	due   time.Time
}

func newChoreOracle(breaks func(format string, args ...any)) *choreOracle {
	return &choreOracle{
		breaks: breaks, jobs: make(map[string]*choreLife), open: make(map[string]bool), calls: make(map[string][]choreCall),
		ticks: make(map[time.Time]bool), asked: make(map[string]bool), ended: make(map[string]int64),
	}
}

// arrived is told each record of the queue's topic. Only chores may be there twice: they are enqueued again where nobody knows.
func (o *choreOracle) arrived(id, kind string, due time.Time) {
	if o.jobs[id] != nil {
		if kind != choreKind {
			o.breaks("%s is enqueued twice", id)
		}
		return
	}
	o.jobs[id] = &choreLife{kind: kind, due: due, runs: make(map[int]bool)}
	o.open[id] = true
	if kind == beatKind {
		o.tick(id, due)
	}
}

func (o *choreOracle) tick(id string, at time.Time) {
	if id != beatKind+"@"+at.UTC().Format(time.RFC3339) {
		o.breaks("the tick of %s is %s", at, id)
	}
	o.ticks[at] = true
	if o.first.IsZero() || at.Before(o.first) {
		o.first = at
	}
	if at.After(o.last) {
		o.last = at
	}
}

func (o *choreOracle) told(t jobs.Told) {
	l := o.jobs[t.ID]
	switch {
	case l == nil:
		o.breaks("%s is %s, and was never enqueued", t.ID, t.State)
		return
	case t.Was != l.state || l.state.Ended():
		o.breaks("%s is %s after %q, which was told as %q", t.ID, t.State, l.state, t.Was)
	}
	switch t.State { //nolint:exhaustive // of the others there is nothing to note
	case jobs.Running:
		l.runs[t.Attempt] = true
	case jobs.Scheduled, jobs.Retrying:
		l.later = append(l.later, later{t.Attempt, t.Due})
	case jobs.Done:
		l.done = t.Attempt
	case jobs.Cancelled:
		if !o.asked[t.ID] {
			o.breaks("%s is cancelled, and nobody has asked for it", t.ID)
		}
	}
	if l.state = t.State; l.state.Ended() {
		delete(o.open, t.ID)
	}
}

// missing says what has not happened yet of what was due at a time.
func (o *choreOracle) missing(until time.Time) string {
	if len(o.ticks) > 0 && o.last.Before(until) {
		return fmt.Sprintf("the last tick was at %s", o.last)
	}
	for id := range o.open {
		if l := o.jobs[id]; l.kind != beatKind || !l.due.After(until) {
			return fmt.Sprintf("%s is %q, one of %d jobs that have not ended", id, l.state, len(o.open))
		}
	}
	return ""
}

// settled looks at what was told, once all that came before a time has ended and nothing runs any more.
func (o *choreOracle) settled(until time.Time) {
	if missing := o.missing(until); missing != "" {
		o.breaks("%s", missing)
	}
	for at := o.first; at.Before(o.last); at = at.Add(beatEvery) {
		if !o.ticks[at] {
			o.breaks("the tick of %s is missing", at)
		}
	}
	for id, l := range o.jobs {
		if n, is := strings.CutPrefix(id, "c"); is && l.kind == choreKind {
			receipt := o.jobs[receiptOf+id]
			if due := l.state == jobs.Done && receipts(n); due != (receipt != nil) {
				o.breaks("%s is %s, and what comes after it is there: %t", id, l.state, receipt != nil)
			}
		} else if l.state.Ended() && l.state != jobs.Done {
			o.breaks("%s is %s", id, l.state)
		}
	}
	for id := range o.ended {
		if l := o.jobs[id]; l == nil || l.state != jobs.Cancelled {
			o.breaks("the cancellation of %s was answered, and it is %+v", id, l)
		}
	}
}

// stored compares what was told with the queue's rows.
func (o *choreOracle) stored(rows []jobs.Description) {
	kept := make(map[string]jobs.Description, len(rows))
	for _, d := range rows {
		kept[d.ID] = d
		l := o.jobs[d.ID]
		if l == nil || l.state != d.State {
			o.breaks("the row of %s is %s, and it was told as %+v", d.ID, d.State, l)
			continue
		}
		if l.kind == choreKind && d.State == jobs.Dead && d.Attempts != choreAttempts && !strings.Contains(d.Reason, errBad.Error()) {
			o.breaks("%s is dead after %d attempts: %s", d.ID, d.Attempts, d.Reason)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(o.jobs)) {
		state := o.jobs[id].state // none where it has come when all ended
		if _, is := kept[id]; !is && state != "" && state != jobs.Done {
			o.breaks("%s is %s, and has no row", id, state)
		}
	}
}

// states says how many jobs are how.
func (o *choreOracle) states() string {
	n := make(map[jobs.State]int)
	for _, l := range o.jobs {
		n[l.state]++
	}
	return fmt.Sprintf("%d jobs (%d done, %d dead, %d cancelled) of which %d were ticks, in %d calls of which %d were fenced",
		len(o.jobs), n[jobs.Done], n[jobs.Dead], n[jobs.Cancelled], len(o.ticks), o.called, o.fenced)
}
