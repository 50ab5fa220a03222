package tick_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/jobs/internal/tick"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestClockChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expression, zone, from string
		ticks                  []string
	}{
		"set forward": {
			"30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z",
			[]string{"2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"},
		},
		"set back": {
			"30 2 * * *", "Europe/Berlin", "2026-10-24T00:00:00Z",
			[]string{"2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
		},
		"between the two showings": {
			"30 2 * * *", "Europe/Berlin", "2026-10-25T00:45:00Z", []string{"2026-10-26T02:30:00+01:00"},
		},
		"several in the hour that is left out": {
			"0,30 2 * * *", "America/New_York", "2026-03-08T05:00:00Z",
			[]string{"2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00"},
		},
		"every hour, set back": {
			"0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z",
			[]string{"2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"},
		},
		"every hour, set forward": {
			"0 * * * *", "Europe/Berlin", "2026-03-28T23:30:00Z",
			[]string{"2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"},
		},
		"midnight that is left out": {
			"@daily", "Africa/Cairo", "2026-04-23T12:00:00Z",
			[]string{"2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"},
		},
		"half an hour": {
			"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z",
			[]string{"2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"},
		},
		"a day that is left out": {
			"0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z",
			[]string{"2011-12-31T00:00:00+14:00", "2012-12-30T12:00:00+14:00"},
		},
		"every so often": {
			"@every 90m", "Europe/Berlin", "2026-03-28T23:30:00Z",
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-29T04:30:00+02:00"},
		},
	} {
		s, err := tick.Parse(c.expression, zone(t, c.zone))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		at, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		var ticks []string
		for range c.ticks {
			at = s.Next(at)
			ticks = append(ticks, at.Format(time.RFC3339))
		}
		if !slices.Equal(ticks, c.ticks) {
			t.Errorf("%s: %q, want %q", name, ticks, c.ticks)
		}
	}
}

func TestTicksRise(t *testing.T) {
	t.Parallel()
	var zones []*time.Location
	for _, name := range []string{
		"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu",
		"America/St_Johns",
	} {
		zones = append(zones, zone(t, name))
	}
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SampledFrom(zones).Draw(t, "zone")
		expression := rapid.SampledFrom([]string{"30 2 * * *", "0 0 * * *", "*/20 1,2,3 * * *", "*/10 * * * *", "59 23 * * 0"}).Draw(t, "expression")
		s, err := tick.Parse(expression, z)
		if err != nil {
			t.Fatal(err)
		}
		from := time.Unix(rapid.Int64Range(1_500_000_000, 2_000_000_000).Draw(t, "from"), 0)
		between := from.Add(time.Duration(rapid.Int64Range(0, int64(40*24*time.Hour)).Draw(t, "between")))
		last := from
		for range 300 {
			next := s.Next(last)
			if !next.After(last) {
				t.Fatalf("%v is followed by %v", last, next)
			}
			if !between.Before(last) && between.Before(next) {
				if got := s.Next(between); !got.Equal(next) {
					t.Fatalf("after %v comes %v, but after %v comes %v", last, next, between, got)
				}
			}
			if expression == "30 2 * * *" && last != from && next.Format(time.DateOnly) != last.AddDate(0, 0, 1).Format(time.DateOnly) {
				t.Fatalf("the day after %v has no tick, but %v has", last, next)
			}
			last = next
		}
	})
}

func TestWrong(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{"", "* * * *", "60 * * * *", "@sometimes", "0 0 30 2 *", "TZ=UTC 0 0 * * *", "CRON_TZ=Europe/Berlin @daily"} {
		if _, err := tick.Parse(expression, time.UTC); err == nil {
			t.Errorf("%q is taken", expression)
		}
	}
}
