package observe

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// asker asks one check, never twice at once, and remembers what it said.
type asker struct {
	Check

	log  *slog.Logger
	mu   sync.Mutex
	open *question // nil unless Ask runs
	last Answer    // its At is zero before the first
}

// question is one call of Ask. All who want its answer wait for the same one.
type question struct {
	began   time.Time
	overdue bool
	settled chan struct{} // closed when it is answered, or its time is up
}

// ask returns the last answer while it serves, and a new one otherwise. The end of ctx does not end it.
func (a *asker) ask(ctx context.Context) Answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.last.At.IsZero() && time.Since(a.last.At) < a.Fresh {
		return a.answer()
	}
	if a.open != nil && a.open.overdue {
		a.say(fmt.Errorf("still no answer to a question that had %s", a.Timeout), time.Since(a.open.began))
		return a.answer()
	}
	if a.open == nil {
		a.begin(ctx)
	}
	settled := a.open.settled
	a.mu.Unlock()
	<-settled
	a.mu.Lock()
	return a.answer()
}

func (a *asker) begin(ctx context.Context) {
	q := &question{began: time.Now(), settled: make(chan struct{})}
	a.open = q
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.Timeout)
	stop := context.AfterFunc(ctx, func() { a.late(q) })
	go func() {
		defer cancel()
		err := a.asked(ctx)
		if stop() {
			a.end(q, err)
			return
		}
		a.late(q) // the context may end Ask before it is said that it has ended
		a.mu.Lock()
		defer a.mu.Unlock()
		a.open = nil // what it said comes too late
	}()
}

// asked asks, and takes a panic for an answer.
func (a *asker) asked(ctx context.Context) (err error) {
	defer func() {
		if failure := recover(); failure != nil {
			err = fmt.Errorf("the check panicked: %v", failure)
		}
	}()
	return a.Ask(ctx)
}

// end notes an answer that came in time.
func (a *asker) end(q *question, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open = nil
	a.say(err, time.Since(q.began))
	close(q.settled)
}

// late notes, once, that the time of a question is up.
func (a *asker) late(q *question) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if q.overdue {
		return
	}
	q.overdue = true
	a.say(fmt.Errorf("no answer within %s", a.Timeout), time.Since(q.began))
	close(q.settled)
}

// say is called with the lock held.
func (a *asker) say(err error, took time.Duration) {
	said := string(OK)
	if err != nil {
		said = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	now := time.Now()
	changes := a.last.Changes
	if len(changes) == 0 || a.last.Well != (err == nil) {
		a.turned(err)
		changes = append(changes, Change{At: now, Well: err == nil, Said: said})
		changes = changes[max(0, len(changes)-remembered):]
	}
	a.last = Answer{
		Name: a.Name, Criticality: a.Criticality, Well: err == nil, Begun: a.last.Begun || err == nil, Said: said, At: now, Took: took,
		Changes: changes,
	}
}

// turned tells the log.
func (a *asker) turned(err error) {
	if err != nil {
		a.log.Warn("observe: a health check fails", "check", a.Name, "criticality", a.Criticality.String(), "error", err)
	} else {
		a.log.Info("observe: a health check is well", "check", a.Name, "criticality", a.Criticality.String())
	}
}

// answer is the last one, called with the lock held.
func (a *asker) answer() Answer {
	answer := a.last
	answer.Changes = slices.Clone(answer.Changes)
	return answer
}

// told is the last answer; it is false before the first.
func (a *asker) told() (Answer, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.answer(), !a.last.At.IsZero()
}
