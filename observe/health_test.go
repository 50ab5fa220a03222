package observe_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/observe"
)

var errDown = errors.New("connection refused")

func newHealth(t *testing.T, opts ...observe.HealthOption) *observe.Health {
	t.Helper()
	h, err := observe.NewHealth(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestCriticality(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var checks []observe.Check
		var opts []observe.HealthOption
		want := observe.OK
		for _, name := range rapid.SliceOfDistinct(rapid.StringN(1, 8, -1), func(s string) string { return s }).Draw(t, "names") {
			fails, advisory := rapid.Bool().Draw(t, "fails"), rapid.Bool().Draw(t, "advisory")
			check := observe.Check{Name: name, Ask: func(context.Context) error { return nil }}
			if advisory {
				check.Criticality = observe.Advisory
			}
			if fails {
				check.Ask = func(context.Context) error { return errDown }
			}
			switch {
			case fails && !advisory:
				want = observe.Failing
			case fails && want == observe.OK:
				want = observe.Degraded
			}
			checks, opts = append(checks, check), append(opts, check)
		}
		h, err := observe.NewHealth(opts...)
		if err != nil {
			t.Fatal(err)
		}
		report := h.Report(context.Background())
		if report.Status != want || report.Status.Ready() != (want != observe.Failing) || len(report.Checks) != len(checks) {
			t.Fatalf("got %+v, want %s", report, want)
		}
		for _, c := range checks {
			text := "ok"
			if c.Ask(context.Background()) != nil {
				text = errDown.Error()
			}
			if report.Checks[c.Name] != text {
				t.Fatalf("%s says %q", c.Name, report.Checks[c.Name])
			}
		}
	})
}

func TestHangingCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release, asked := make(chan struct{}), 0
		h := newHealth(t,
			observe.Check{Name: "hangs", Timeout: 3 * time.Second, Ask: func(context.Context) error { asked++; <-release; return nil }},
			observe.Check{Name: "well", Ask: func(context.Context) error { return nil }})
		began := time.Now()
		report := h.Report(t.Context())
		if took := time.Since(began); took != 3*time.Second || report.Checks["well"] != "ok" ||
			report.Checks["hangs"] != "no answer within 3s" || report.Status != observe.Failing {
			t.Errorf("after %s: %+v", took, report)
		}
		<-time.After(time.Minute)
		began = time.Now()
		if report = h.Report(t.Context()); !strings.HasPrefix(report.Checks["hangs"], "still no answer") || time.Since(began) != 0 {
			t.Errorf("after %s: %+v", time.Since(began), report)
		}
		close(release)
		<-time.After(time.Minute)
		if report = h.Report(t.Context()); report.Status != observe.OK || asked != 2 {
			t.Errorf("asked %d times: %+v", asked, report)
		}
	})
}

func TestPanickingCheck(t *testing.T) {
	t.Parallel()
	h := newHealth(t, observe.Check{Name: "broken", Ask: func(context.Context) error { panic("no map") }})
	if report := h.Report(t.Context()); report.Status != observe.Failing || !strings.Contains(report.Checks["broken"], "panicked: no map") {
		t.Errorf("%+v", report)
	}
}

func TestAnswersAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		h := newHealth(t, observe.Check{Name: "counted", Ask: func(ctx context.Context) error {
			asked++
			return ctx.Err()
		}})
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 10 { // the first who asks has left: the others get an answer all the same
			if report := h.Report(gone); report.Status != observe.OK {
				t.Errorf("%+v", report)
			}
		}
		h.Report(t.Context()).Checks["counted"] = "changed by the caller"
		if asked != 1 || h.Report(t.Context()).Checks["counted"] != "ok" {
			t.Errorf("asked %d times", asked)
		}
		<-time.After(time.Second)
		if h.Report(t.Context()); asked != 2 {
			t.Errorf("asked %d times after a second", asked)
		}
		asked = 0
		h = newHealth(t, observe.Check{Name: "costly", Fresh: time.Minute, Ask: func(context.Context) error { asked++; return nil }})
		for range 61 {
			h.Report(t.Context())
			<-time.After(time.Second)
		}
		if asked != 2 {
			t.Errorf("asked %d times in a minute and a second", asked)
		}
	})
}

func TestDrain(t *testing.T) {
	t.Parallel()
	h := newHealth(t, observe.Check{Name: "well", Ask: func(context.Context) error { return nil }})
	if !h.Report(t.Context()).Status.Ready() {
		t.Error("not ready at first")
	}
	h.Drain()
	if report := h.Report(t.Context()); report.Status != observe.Stopping || report.Status.Ready() {
		t.Errorf("%+v", report)
	}
}

func TestChecksAreValidated(t *testing.T) {
	t.Parallel()
	ask := func(context.Context) error { return nil }
	_, err := observe.NewHealth(
		observe.Check{Ask: ask},
		observe.Check{Name: "empty"},
		observe.Check{Name: "negative", Ask: ask, Timeout: -1},
		observe.Check{Name: "odd", Ask: ask, Criticality: 7},
		observe.Check{Name: "stale", Ask: ask, Fresh: -1},
		observe.Metrics(nil),
		observe.Check{Name: "twice", Ask: ask},
		observe.Check{Name: "twice", Ask: ask},
	)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"needs a name", `"empty" has nothing`, `"negative": timeout`, `"odd": criticality 7`,
		`"stale": an answer`, "metrics and the logger must not be nil", `"twice" is given twice`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}
