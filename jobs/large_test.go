package jobs_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/resilience"
)

// TestLargeJobs lets many jobs with large inputs wait, begin, fail and be done, all at once: no transaction writes all of them.
func TestLargeJobs(t *testing.T) {
	t.Parallel()
	const count, size, most = 160, 400_000, 32<<20 + 8<<20 + 1<<20
	var began, done sync.WaitGroup
	began.Add(count)
	done.Add(count)
	kind := jobs.Define("large", func(_ context.Context, a *jobs.Attempt, in string) (jobs.None, error) {
		if len(in) != size {
			t.Errorf("the input has %d bytes", len(in))
		}
		if a.Attempt() == 1 {
			began.Done()
			began.Wait()
			return jobs.None{}, errors.New("once more")
		}
		done.Done()
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(1), jobs.Retry(resilience.RetryPolicy{Attempts: 5, Initial: time.Second, Max: time.Second, Multiplier: 1}))
	reader := metric.NewManualReader()
	b, err := bus.Open(t.Context(), bustest.Broker(t),
		bus.Telemetry(sdktrace.NewTracerProvider(), metric.NewMeterProvider(metric.WithReader(reader))))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	r, err := jobs.New(b, "work", kind, jobs.Workers(count))
	if err == nil {
		err = b.Verify(t.Context(), r.Contracts()...)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	for err = r.Pause(ctx); err != nil && t.Context().Err() == nil; err = r.Pause(ctx) {
		<-time.After(10 * time.Millisecond) // it has not begun
	}
	input := strings.Repeat("x", size)
	for range count {
		if err := jobs.Enqueue(ctx, b, kind.New(input)).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	done.Wait()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	var metrics metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &metrics); err != nil {
		t.Fatal(err)
	}
	for _, scope := range metrics.ScopeMetrics {
		for _, m := range scope.Metrics {
			sizes, is := m.Data.(metricdata.Histogram[float64])
			if !is || m.Name != "millrace.partitions.transaction.size" {
				continue
			}
			for _, point := range sizes.DataPoints {
				largest, _ := point.Max.Value()
				t.Logf("%d transactions, of up to %.0f bytes", point.Count, largest)
				if largest > most || largest < size {
					t.Errorf("a transaction wrote %.0f bytes", largest)
				}
			}
		}
	}
}
