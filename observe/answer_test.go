package observe_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/millrace/millrace/observe"
)

// TestChangesAreRemembered lets a check turn often, and say different things while it fails.
func TestChangesAreRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, n := time.Now(), 0
		h := newHealth(t, observe.Check{Name: "turns", Criticality: observe.Advisory, Ask: func(context.Context) error {
			<-time.After(10 * time.Millisecond)
			if n%4 < 2 { // two of each
				return nil
			}
			return fmt.Errorf("trouble %d", n)
		}})
		for ; n < 100; n++ {
			h.Report(t.Context())
			<-time.After(2 * time.Second)
		}
		h.Drain()
		report := h.Report(t.Context())
		if len(report.Answers) != 1 || report.Status != observe.Stopping {
			t.Fatalf("%+v", report)
		}
		answer := report.Answers[0]
		if answer.Well || answer.Said != "trouble 99" || answer.Took != 10*time.Millisecond || answer.Criticality != observe.Advisory {
			t.Errorf("%+v", answer)
		}
		if len(answer.Changes) != 20 {
			t.Fatalf("%d changes", len(answer.Changes))
		}
		for i, change := range answer.Changes {
			at := 100 - 2*(20-i) // the question's number
			want := observe.Change{At: began.Add(time.Duration(at)*2010*time.Millisecond + 10*time.Millisecond), Well: at%4 == 0, Said: "ok"}
			if !want.Well {
				want.Said = fmt.Sprintf("trouble %d", at)
			}
			if !change.At.Equal(want.At) || change.Well != want.Well || change.Said != want.Said {
				t.Errorf("change %d: %+v, want %+v", i, change, want)
			}
		}
		answer.Changes[0].Said = "changed by the caller"
		text, err := json.Marshal(h.Report(t.Context()).Answers[0])
		if err != nil || strings.Contains(string(text), "changed by") || !strings.Contains(string(text), `"criticality":"advisory"`) {
			t.Errorf("%s, %v", text, err)
		}
	})
}

// TestHealthIsMeasured reads the gauges of a check that is well, one that is not and one that hangs.
func TestHealthIsMeasured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reader := metric.NewManualReader()
		release := make(chan struct{})
		h := newHealth(t, observe.Metrics(metric.NewMeterProvider(metric.WithReader(reader))),
			observe.Check{Name: "well", Ask: func(context.Context) error { return nil }},
			observe.Check{Name: "ill", Criticality: observe.Advisory, Ask: func(context.Context) error { return errors.New("ill") }},
			observe.Check{Name: "hangs", Timeout: 3 * time.Second, Ask: func(context.Context) error { <-release; return nil }})
		for _, longest := range []time.Duration{3 * time.Second, 0} {
			began := time.Now()
			got := gauges(t, reader)
			if took := time.Since(began); took != longest {
				t.Errorf("it took %s, want %s", took, longest)
			}
			want := map[string]int64{"check well critical": 1, "check ill advisory": 0, "check hangs critical": 0, "ready": 0}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got %v, want %v", got, want)
			}
			<-time.After(time.Minute)
		}
		close(release)
		<-time.After(time.Minute)
		if got := gauges(t, reader); got["check hangs critical"] != 1 || got["ready"] != 1 {
			t.Errorf("%v", got)
		}
		h.Drain()
		if got := gauges(t, reader); got["check well critical"] != 1 || got["ready"] != 0 {
			t.Errorf("%v", got)
		}
	})
}

// gauges are the values of a health's gauges by their short names and attributes.
func gauges(t *testing.T, reader *metric.ManualReader) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	found := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			points, ok := m.Data.(metricdata.Gauge[int64])
			if !ok {
				t.Fatalf("%s is no gauge", m.Name)
			}
			for _, p := range points.DataPoints {
				name := strings.TrimPrefix(m.Name, "millrace.health.")
				for _, key := range []attribute.Key{"millrace.health.check", "millrace.health.criticality"} {
					if value, has := p.Attributes.Value(key); has {
						name += " " + value.AsString()
					}
				}
				found[name] = p.Value
			}
		}
	}
	return found
}
