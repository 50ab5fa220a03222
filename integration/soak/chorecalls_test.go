package soak_test

import (
	"cmp"
	"slices"

	"github.com/millrace/millrace/jobs"
)

// choreCall is one call of a handler, as its process noted it.
type choreCall struct {
	who     string
	pauses  []pause // of the process
	token   int64
	number  int
	attempt int
	began   int64 // by the machine's clock
	left    int64 // when it has returned, or its process was gone
	wall    int64 // when it began, in nanoseconds since 1970
	came    fate  // empty where it has not returned
}

// callsOf are the calls that a process noted, by job.
func callsOf(l *life, notes []note, each func(id string, c choreCall)) {
	type of struct {
		name   string
		token  int64
		number int
	}
	returned := make(map[of]note)
	for _, n := range notes {
		if n.What == ends {
			returned[of{n.Name, n.Token, n.Number}] = n
		}
	}
	for _, n := range notes {
		if n.What != begins {
			continue
		}
		c := choreCall{
			who: l.name, pauses: l.pauses, token: n.Token, number: n.Number, attempt: n.Attempt, began: n.At, left: l.gone, wall: n.Wall,
		}
		if end, is := returned[of{n.Name, n.Token, n.Number}]; is {
			c.left, c.came = end.At, fate(end.Text)
		}
		each(n.Name, c)
	}
}

func (o *choreOracle) call(id string, c choreCall) { o.calls[id] = append(o.calls[id], c) }

// judge looks at the calls of all jobs that have ended.
func (o *choreOracle) judge() {
	for id, l := range o.jobs {
		if !l.state.Ended() || l.runs == nil {
			continue
		}
		calls := o.calls[id]
		o.called += len(calls)
		o.follow(id, l, calls)
		delete(o.calls, id)
		l.runs, l.later = nil, nil
	}
	for id := range o.calls {
		if o.jobs[id] == nil {
			o.breaks("%s was called, and never enqueued", id)
		} else if !o.open[id] {
			o.breaks("%s was called after it was judged", id)
		}
	}
}

// follow looks at the calls of one job.
func (o *choreOracle) follow(id string, l *choreLife, calls []choreCall) {
	slices.SortFunc(calls, func(a, b choreCall) int {
		return cmp.Or(cmp.Compare(a.token, b.token), cmp.Compare(a.number, b.number), cmp.Compare(a.began, b.began))
	})
	if l.state == jobs.Done && !slices.ContainsFunc(calls, func(c choreCall) bool { return c.number == l.done && c.came == fateWell }) {
		o.breaks("%s is done by attempt %d, of which there is no such call in %+v", id, l.done, calls)
	}
	answered, cancelled := o.ended[id]
	for i, c := range calls {
		if !l.runs[c.number] {
			o.breaks("%s: attempt %d began, and was never told: %+v", id, c.number, c)
		}
		if l.kind == choreKind && c.attempt > choreAttempts {
			o.breaks("%s has made attempt %d", id, c.attempt)
		}
		o.early(id, l, c)
		if cancelled && c.left > answered && !stood(c.pauses, answered) {
			o.breaks("%s ran from %d to %d, and its cancellation was answered at %d: %+v", id, c.began, c.left, answered, c)
		}
		if i > 0 {
			o.overlap(id, calls[i-1], c)
		}
	}
}

// early finds fault with a call before its time.
func (o *choreOracle) early(id string, l *choreLife, c choreCall) {
	if due := l.due; !due.IsZero() && c.wall < due.UnixNano() {
		o.breaks("%s began %dns before it was due: %+v", id, due.UnixNano()-c.wall, c)
	}
	for _, again := range l.later {
		if c.number > again.after && c.wall < again.due.UnixNano() {
			o.breaks("%s began %dns before it was due again after attempt %d: %+v", id, again.due.UnixNano()-c.wall, again.after, c)
		}
	}
}

// overlap finds fault with two calls at once, unless the process of the one with the older token stood still when the other one began.
func (o *choreOracle) overlap(id string, a, b choreCall) {
	switch {
	case a.token == b.token && a.number == b.number:
		o.breaks("%s was called twice under token %d as number %d: %+v, %+v", id, a.token, a.number, a, b)
	case a.token == b.token && a.who != b.who:
		o.breaks("%s: %s and %s have the token %d", id, a.who, b.who, a.token)
	case a.left <= b.began:
	case a.token < b.token && stood(a.pauses, b.began):
		o.fenced++
	default:
		o.breaks("%s: two calls at once: %+v, %+v", id, a, b)
	}
}
