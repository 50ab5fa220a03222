package resilience_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/millrace/millrace/resilience"
)

func quick() resilience.BreakerPolicy {
	return resilience.BreakerPolicy{Rate: 0.5, Least: 4, Window: 10 * time.Second, Open: 10 * time.Second, Probes: 2}
}

func well(context.Context) (int, error) { return 1, nil }

func TestBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		p := policy[int](t, resilience.Breaker(quick()), resilience.Logger(slog.New(slog.NewTextHandler(&log, nil))))
		do := func(call func(context.Context) (int, error)) error { _, err := p.Do(t.Context(), call); return err }
		_ = errors.Join(do(well), do(well), do(fails))
		if err := do(fails); !errors.Is(err, errDown) {
			t.Fatalf("half of four failed, and before that it was %v", err)
		}
		if err := do(well); !errors.Is(err, resilience.ErrOpen) {
			t.Fatalf("open: %v", err)
		}
		<-time.After(12 * time.Second)
		if err := do(fails); !errors.Is(err, errDown) { // a probe
			t.Fatalf("probe: %v", err)
		}
		if err := do(well); !errors.Is(err, resilience.ErrOpen) {
			t.Fatalf("after a failed probe: %v", err)
		}
		<-time.After(12 * time.Second)
		if err := errors.Join(do(well), do(well), do(fails), do(well)); !errors.Is(err, errDown) || errors.Is(err, resilience.ErrOpen) {
			t.Fatalf("closed: %v", err)
		}
		for _, change := range []string{"to=open", "to=half_open", "to=closed", "level=WARN", "policy=payments"} {
			if !strings.Contains(log.String(), change) {
				t.Errorf("no %s in\n%s", change, log.String())
			}
		}
	})
}

// TestBreakerCountsWhatIsMade holds that wrong requests, callers that go and refusals of other parts open no breaker and close none.
func TestBreakerCountsWhatIsMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy[int](t, resilience.Breaker(quick()), resilience.Bulkhead(1, 0))
		for range 20 {
			_, _ = p.Do(t.Context(), func(context.Context) (int, error) { return 0, resilience.Permanent(errDown) })
		}
		<-time.After(time.Minute)
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			_, _ = p.Do(ctx, hangs)
			cancel()
		}
		if _, err := p.Do(t.Context(), well); err != nil {
			t.Fatalf("wrong requests and callers that went opened it: %v", err)
		}
		<-time.After(time.Minute)
		_, _ = p.Do(t.Context(), well)
		for range 2 {
			_, _ = p.Do(t.Context(), fails)
		}
		hold, held := make(chan struct{}), make(chan error)
		go func() {
			_, err := p.Do(t.Context(), func(context.Context) (int, error) { <-hold; return 0, errDown })
			held <- err
		}()
		synctest.Wait()
		for range 9 {
			if _, err := p.Do(t.Context(), well); !errors.Is(err, resilience.ErrFull) {
				t.Fatalf("full: %v", err)
			}
		}
		close(hold)
		<-held
		if _, err := p.Do(t.Context(), well); !errors.Is(err, resilience.ErrOpen) {
			t.Fatalf("what the bulkhead refused counted as success, of four attempts three failed: %v", err)
		}
	})
}

// TestCancelledProbe would leave the breaker half open for ever, if the probe's permit did not come back.
func TestCancelledProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		policyOf := quick()
		policyOf.Probes = 1
		p := policy[int](t, resilience.Breaker(policyOf))
		for range 4 {
			_, _ = p.Do(t.Context(), fails)
		}
		<-time.After(12 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, _ = p.Do(ctx, hangs)
		cancel()
		<-time.After(12 * time.Second)
		if _, err := p.Do(t.Context(), well); err != nil {
			t.Fatalf("after a cancelled probe: %v", err)
		}
	})
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	reader := metric.NewManualReader()
	p := policy[int](t, resilience.Metrics(metric.NewMeterProvider(metric.WithReader(reader))), resilience.Breaker(quick()),
		resilience.AdaptiveLimit(1, 7, 9), resilience.Retry(resilience.RetryPolicy{Attempts: 2, Multiplier: 1}))
	for range 3 {
		_, _ = p.Do(t.Context(), fails)
	}
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, m := range all.ScopeMetrics[0].Metrics {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, point := range data.DataPoints {
				kind, _ := point.Attributes.Value("kind")
				got[m.Name+"/"+kind.AsString()] += float64(point.Value)
			}
		case metricdata.Gauge[int64]:
			got[m.Name] = float64(data.DataPoints[0].Value)
		case metricdata.Histogram[float64]:
			for _, point := range data.DataPoints {
				outcome, _ := point.Attributes.Value("outcome")
				got[m.Name+"/"+outcome.AsString()] += float64(point.Count)
			}
		}
	}
	for name, want := range map[string]float64{
		"millrace.resilience.attempts/first": 2, "millrace.resilience.attempts/retry": 2, "millrace.resilience.limit": 7,
		"millrace.resilience.breaker.state": 2, "millrace.resilience.call.duration/transient": 2, "millrace.resilience.call.duration/open": 1,
	} {
		if got[name] != want {
			t.Errorf("%s is %g, want %g: %v", name, got[name], want, got)
		}
	}
}
