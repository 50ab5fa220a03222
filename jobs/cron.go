package jobs

import (
	"fmt"
	"time"

	"github.com/millrace/millrace/jobs/internal/tick"
)

// CronOption changes a schedule. See [Cron].
type CronOption interface{ applyCron(*schedule) }

type cronOption func(*schedule)

func (f cronOption) applyCron(s *schedule) { f(s) }

// schedule is what [Cron] has made.
type schedule struct {
	name       string
	expression string
	kind       string
	zone       *time.Location
	missed     MissedTicks
	ticks      tick.Schedule
	options    []JobOption
	job        func(at time.Time, opts ...JobOption) Job
	err        error
}

var errNil = fmt.Errorf("%w: it is nil", ErrDefinition)

// Cron lets a queue enqueue a job at each tick of a schedule: once, whichever node has it, and also while nodes come, go and die. All nodes
// of the queue are given the same schedules. The name is like that of a [Kind], and must not change while the schedule is meant to go on:
// it knows by it which tick was the last. The expression has five fields, minute, hour, day of the month, month and day of the week, or
// is one of @yearly, @monthly, @weekly, @daily, @hourly and "@every <duration>", of whole seconds. In gives each tick its input.
//
// A schedule that names its hours follows the clock of its [Zone]: what that leaves out when it is set forward ticks when it is set, and what it
// shows twice ticks once, the first time. The job's id is the schedule's name, "@" and the tick's time in UTC. A tick is not before
// its time by the clock of the node that has the schedule, and late only while it has no owner: see [Missed]. A schedule whose expression or
// zone has changed goes on from when a node first runs it so. While a queue is paused its schedules go on.
func Cron[In, Out any](name, expression string, kind *Kind[In, Out], in func(tick time.Time) In, opts ...CronOption) RunnerOption {
	s := &schedule{name: name, expression: expression, zone: time.UTC, missed: LastMissed}
	for _, opt := range opts {
		if opt == nil {
			s.fail(errNil)
			continue
		}
		opt.applyCron(s)
	}
	switch {
	case kind == nil || in == nil:
		s.fail(fmt.Errorf("%w: the kind or the function that makes its input is nil", ErrDefinition))
	case kind.err != nil:
		s.fail(kind.err)
	default:
		s.kind = kind.name
		s.job = func(at time.Time, opts ...JobOption) Job { return kind.New(in(at.In(s.zone)), opts...) }
	}
	if !kindPattern.MatchString(name) || len(name) > maxName {
		s.fail(fmt.Errorf("%w: the name must be dotted lower-case segments such as report.daily, at most 100 bytes", ErrDefinition))
	}
	ticks, err := tick.Parse(expression, s.zone)
	if err != nil {
		s.fail(fmt.Errorf("%w: %w", ErrDefinition, err))
	}
	s.ticks = ticks
	return runnerOption(func(c *setup) {
		if s.err != nil {
			c.errs = append(c.errs, fmt.Errorf("the schedule %q: %w", name, s.err))
		}
		c.schedules = append(c.schedules, s)
	})
}

func (s *schedule) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Zone is the time zone whose clock a schedule follows. The default is UTC. Let programs import time/tzdata where zones may be missing.
func Zone(zone *time.Location) CronOption {
	return cronOption(func(s *schedule) {
		if zone == nil {
			s.fail(errNil)
			return
		}
		s.zone = zone
	})
}

// Each gives the jobs of a schedule options, such as their [Priority]. An [ID] of theirs is not used.
func Each(opts ...JobOption) CronOption {
	return cronOption(func(s *schedule) { s.options = append(s.options, opts...) })
}

// MissedTicks says what becomes of ticks that are more than a minute late, since no node had the schedule: see [Missed].
type MissedTicks string

// What may become of them.
const (
	// LastMissed lets the last of them have its job, and the others none.
	LastMissed MissedTicks = "last"
	// AllMissed lets each of them have its job.
	AllMissed MissedTicks = "all"
	// NoneMissed lets none of them have a job.
	NoneMissed MissedTicks = "none"
)

// Missed says what becomes of ticks that come more than a minute late. The default is [LastMissed]. Ticks that are no later than that
// have their jobs, each of them.
func Missed(m MissedTicks) CronOption {
	return cronOption(func(s *schedule) {
		s.missed = m
		if m != LastMissed && m != AllMissed && m != NoneMissed {
			s.fail(fmt.Errorf("%w: Missed %q must be LastMissed, AllMissed or NoneMissed", ErrDefinition, m))
		}
	})
}
