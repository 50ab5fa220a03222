//go:build synctests

package jobs_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
)

// ticks are the jobs of a schedule that were enqueued, by their ids, in their order.
func (q *queue) ticks(schedule string) (ids []string) {
	q.t.Helper()
	for record, err := range q.Bus().Read(q.t.Context(), "work.jobs", bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			q.t.Fatal(err)
		}
		if id := record.ID(); len(id) > len(schedule) && id[:len(schedule)+1] == schedule+"@" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// every lists the ids of the ticks of a schedule in a span.
func every(schedule string, step time.Duration, from, to time.Time) (ids []string) {
	for at := from.UTC().Truncate(step).Add(step); !at.After(to); at = at.Add(step) {
		ids = append(ids, schedule+"@"+at.Format(time.RFC3339))
	}
	return ids
}

func report() *jobs.Kind[time.Time, jobs.None] {
	return jobs.Define("report", func(context.Context, *jobs.Attempt, time.Time) (jobs.None, error) { return jobs.None{}, nil },
		jobs.Queue("work"), jobs.Shards(4))
}

func itself(at time.Time) time.Time { return at }

// TestCron lets the node that has the schedule die, and another one join, again and again.
func TestCron(t *testing.T) {
	t.Parallel()
	kind := report()
	opts := []jobs.RunnerOption{kind, jobs.Cron("each.minute", "* * * * *", kind, itself), jobs.Cron("often", "@every 10s", kind, itself)}
	run(t, opts, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		q.group.Start()
		q.group.Start()
		q.Settle()
		began := time.Now()
		for range 6 {
			q.after(47 * time.Second)
			q.group.Owner("each.minute").Crash()
			q.group.Start()
			q.after(49 * time.Second)
			q.group.Rebalance()
		}
		q.after(90 * time.Second)
		ended := time.Now()
		if got, want := q.ticks("each.minute"), every("each.minute", time.Minute, began, ended); !slices.Equal(got, want) {
			t.Errorf("each minute: %d ticks of %d:\n%q\n%q", len(got), len(want), got, want)
		}
		if got := q.ticks("often"); len(got) != len(slices.Compact(slices.Clone(got))) || len(got) < int(ended.Sub(began)/(10*time.Second))-1 {
			t.Errorf("every 10s: %d ticks in %v: %q", len(got), ended.Sub(began), got)
		}
	})
}

// TestMissedTicks stops all nodes for some minutes.
func TestMissedTicks(t *testing.T) {
	t.Parallel()
	kind := report()
	opts := []jobs.RunnerOption{kind}
	for _, missed := range []jobs.MissedTicks{jobs.LastMissed, jobs.AllMissed, jobs.NoneMissed} {
		opts = append(opts, jobs.Cron(string(missed), "*/2 * * * *", kind, itself, jobs.Missed(missed), jobs.Each(jobs.Priority(1))))
	}
	opts = append(opts, jobs.Cron("flood", "@every 1s", kind, itself, jobs.Missed(jobs.AllMissed)))
	run(t, opts, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		began := time.Now()
		node := q.group.Start()
		q.Settle()
		q.after(3 * time.Minute)
		node.Stop()
		q.after(12 * time.Minute)
		q.group.Start()
		q.after(2*time.Minute + 20*time.Second)
		for schedule, want := range map[string]int{"last": 3, "all": 8, "none": 2} {
			if got := q.ticks(schedule); len(got) != want {
				t.Errorf("%s: %q, want %d ticks", schedule, got, want)
			}
		}
		if got := q.ticks("flood"); !slices.Equal(got,
			every("flood", time.Second, began, began.Add(time.Duration(len(got))*time.Second))) || len(got) < 17*60 {
			t.Errorf("every second: %d ticks", len(got))
		}
	})
}

// berlin is a zone whose clock is set forward by an hour ten minutes after virtual time begins, and back an hour later.
func berlin(t *testing.T) *time.Location {
	t.Helper()
	data := []byte("TZif\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	for _, count := range []uint32{0, 0, 0, 2, 2, 8} { // isutc, isstd, leap, times, types, chars
		data = append(data, byte(count>>24), byte(count>>16), byte(count>>8), byte(count))
	}
	midnight := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	for _, minutes := range []int64{10, 70} {
		at := midnight + minutes*60
		data = append(data, byte(at>>24), byte(at>>16), byte(at>>8), byte(at))
	}
	data = append(data, 1, 0, 0, 0, 0x0e, 0x10, 0, 0, 0, 0, 0x1c, 0x20, 1, 4) // to type 1, to type 0; 3600 at 0; 7200, summer, at 4
	data = append(data, "CET\x00CES\x00"...)
	zone, err := time.LoadLocationFromTZData("Europe/Test", data)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestCronAcrossClockChanges(t *testing.T) {
	t.Parallel()
	kind, zone := report(), berlin(t)
	opts := []jobs.RunnerOption{kind}
	for name, expression := range map[string]string{"left-out": "30 1 * * *", "twice": "30 2 * * *", "always": "30 * * * *"} {
		opts = append(opts, jobs.Cron(name, expression, kind, itself, jobs.Zone(zone)))
	}
	run(t, opts, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		q.group.Start()
		q.Settle()
		for range 4 {
			q.after(9 * time.Minute)
			q.group.Owner("left-out").Crash()
			q.group.Start()
			q.after(15 * time.Minute)
		}
		day := "2000-01-01T"
		if got, want := q.ticks("left-out"), []string{"left-out@" + day + "00:10:00Z"}; !slices.Equal(got, want) {
			t.Errorf("left out: %q", got)
		}
		if got, want := q.ticks("twice"), []string{"twice@" + day + "00:30:00Z"}; !slices.Equal(got, want) {
			t.Errorf("twice: %q", got)
		}
		if got, want := q.ticks("always"), []string{"always@" + day + "00:30:00Z", "always@" + day + "01:30:00Z"}; !slices.Equal(got, want) {
			t.Errorf("always: %q", got)
		}
	})
}

// TestChangedSchedule changes an expression, and then takes the schedule away from one of two nodes.
func TestChangedSchedule(t *testing.T) {
	t.Parallel()
	kind := report()
	expression := "0 0 1 1 *"
	changing := func() jobs.RunnerOption { return jobs.Cron("changes", expression, kind, itself) }
	runWith(t, func() []jobs.RunnerOption { return []jobs.RunnerOption{kind, changing()} }, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		node := q.group.Start()
		q.after(3 * time.Minute)
		if got := q.ticks("changes"); len(got) != 0 {
			t.Errorf("once a year: %q", got)
		}
		node.Stop()
		q.Settle()
		expression = "* * * * *"
		q.group.Start()
		q.after(10*time.Minute + 30*time.Second)
		in, err := jobs.Inspect(q.t.Context(), q.Bus(), "work", nil)
		if err != nil || len(in.Schedules) != 1 {
			t.Fatal(in, err)
		}
		if s := in.Schedules[0]; s.Name != "changes" || s.Expression != expression || s.Kind != "report" || s.Zone != "UTC" ||
			s.Next.Sub(s.Last) != time.Minute {
			t.Errorf("inspected: %+v", s)
		}
		if got := q.ticks("changes"); len(got) < 10 || len(got) > 11 {
			t.Errorf("each minute: %q", got)
		}
	})
}

func TestWrongSchedules(t *testing.T) {
	t.Parallel()
	kind := report()
	for name, opt := range map[string]jobs.RunnerOption{
		"expression": jobs.Cron("x", "61 * * * *", kind, itself), "never": jobs.Cron("x", "0 0 31 2 *", kind, itself),
		"name": jobs.Cron("X y", "@daily", kind, itself), "zone": jobs.Cron("x", "@daily", kind, itself, jobs.Zone(nil)),
		"missed": jobs.Cron("x", "@daily", kind, itself, jobs.Missed("some")), "nil": jobs.Cron("x", "@daily", kind, itself, nil),
		"input": jobs.Cron[time.Time, jobs.None]("x", "@daily", kind, nil), "kind": jobs.Cron[time.Time, jobs.None]("x", "@daily", nil, itself),
	} {
		if _, err := jobs.New(nil, "work", kind, opt); err == nil {
			t.Errorf("a wrong %s is taken", name)
		}
	}
	twice := jobs.Cron("x", "@daily", kind, itself)
	if _, err := jobs.New(nil, "work", kind, twice, twice); err == nil {
		t.Error("two schedules of one name are taken")
	}
}
