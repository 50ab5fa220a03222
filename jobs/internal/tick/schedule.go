package tick

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule is a cron expression in a time zone.
type Schedule struct {
	spec cron.Schedule
	zone *time.Location
	wall bool // it names hours, and follows the wall clock
}

// Parse reads an expression of five fields, minute, hour, day of the month, month and day of the week, with lists, ranges,
// steps and names, or one of @yearly, @monthly, @weekly, @daily, @hourly and "@every <duration>", of whole seconds.
func Parse(expression string, zone *time.Location) (Schedule, error) {
	if strings.Contains(expression, "=") {
		return Schedule{}, errors.New("the zone is no part of the expression")
	}
	spec, err := cron.ParseStandard(expression)
	if err != nil {
		return Schedule{}, fmt.Errorf("%q is not a cron expression of five fields: %w", expression, err)
	}
	s := Schedule{spec: spec, zone: zone}
	if fields, ok := spec.(*cron.SpecSchedule); ok {
		s.wall = fields.Hour&every == 0
	}
	if s.Next(time.Now()).IsZero() {
		return Schedule{}, fmt.Errorf("%q never comes", expression)
	}
	return s, nil
}

// every is how the parser marks a field that is a star, perhaps with a step.
const every = 1 << 63

// Next is the first tick after a time, or the zero time where there is none within five years.
func (s Schedule) Next(after time.Time) time.Time {
	after = after.In(s.zone)
	if !s.wall {
		return s.spec.Next(after)
	}
	for shown := clock(after); ; {
		shown = s.spec.Next(shown)
		if shown.IsZero() {
			return shown
		}
		if at := s.first(shown); at.After(after) {
			return at
		}
	}
}

// clock is what a clock on the wall shows at a time, as if it were UTC.
func clock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// first is the first time at which the clock shows this or, where it never does, is set beyond it.
func (s Schedule) first(shown time.Time) time.Time {
	at := time.Date(shown.Year(), shown.Month(), shown.Day(), shown.Hour(), shown.Minute(), shown.Second(), 0, s.zone)
	set, next := at.ZoneBounds()
	switch read := clock(at); {
	case read.After(shown):
		return set
	case read.Before(shown):
		return next
	case set.IsZero():
		return at
	}
	_, offset := set.Add(-1).Zone()
	if earlier := shown.Add(-time.Duration(offset) * time.Second); earlier.Before(set) {
		return earlier.In(s.zone)
	}
	return at
}
