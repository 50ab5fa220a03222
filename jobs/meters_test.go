package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/resilience"
)

// counted is what was counted, by name and state.
func counted(t *testing.T, reader *metric.ManualReader) map[string]int64 {
	t.Helper()
	var metrics metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &metrics); err != nil {
		t.Fatal(err)
	}
	counted := make(map[string]int64)
	for _, scope := range metrics.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, _ := m.Data.(metricdata.Sum[int64])
			for _, point := range sum.DataPoints {
				state, _ := point.Attributes.Value("millrace.job.state")
				counted[m.Name+" "+state.AsString()] += point.Value
			}
		}
	}
	return counted
}

// TestMeters counts what becomes of jobs, and follows one from where it was enqueued: its attempts are spans of that trace.
func TestMeters(t *testing.T) {
	t.Parallel()
	within := make(chan trace.TraceID, 9)
	kind := jobs.Define("counted", func(ctx context.Context, a *jobs.Attempt, in string) (jobs.None, error) {
		if in == "traced" {
			within <- trace.SpanContextFromContext(ctx).TraceID()
		}
		if in == "dies" || in == "traced" && a.Attempt() == 1 {
			return jobs.None{}, errors.New("no")
		}
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(2), jobs.Retain(time.Hour),
		jobs.Retry(resilience.RetryPolicy{Attempts: 2, Initial: time.Millisecond, Max: time.Millisecond, Multiplier: 1}))
	reader, spans := metric.NewManualReader(), tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	b, err := bus.Open(t.Context(), bustest.Broker(t), bus.Telemetry(provider, metric.NewMeterProvider(metric.WithReader(reader))))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	r, err := jobs.New(b, "work", kind)
	if err == nil {
		err = b.Verify(t.Context(), r.Contracts()...)
	}
	if err != nil {
		t.Fatal(err)
	}
	traced, start := provider.Tracer("test").Start(t.Context(), "start")
	enqueued := jobs.Enqueue(traced, b, kind.New("traced", jobs.ID("traced")), kind.New("traced", jobs.ID("traced")),
		kind.New("works", jobs.ID("works")), kind.New("dies", jobs.ID("dies")))
	if start.End(); enqueued.Err() != nil {
		t.Fatal(enqueued.Err())
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	for left := 1; left > 0; {
		in, err := jobs.Inspect(t.Context(), b, "work", nil)
		if err != nil {
			t.Fatal(err)
		}
		left = 3 - in.Counts[jobs.Done] - in.Counts[jobs.Dead]
		<-time.After(10 * time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	counted := counted(t, reader)
	for what, want := range map[string]int64{
		"millrace.jobs.attempts done": 2, "millrace.jobs.attempts retrying": 2, "millrace.jobs.attempts dead": 1, "millrace.jobs.duplicates ": 1,
	} {
		if counted[what] != want {
			t.Errorf("%d of %s, not %d", counted[what], what, want)
		}
	}
	failed, found := 0, 0
	for _, span := range spans.Ended() {
		if span.Name() == "job counted" && span.SpanContext().TraceID() == start.SpanContext().TraceID() {
			found++
			if span.Status().Code == codes.Error {
				failed++
			}
		}
	}
	if one, two := <-within, <-within; one != start.SpanContext().TraceID() || one != two || found != 5 || failed != 3 {
		t.Errorf("%d spans, %d of which failed, in %s and %s", found, failed, one, two)
	}
}
