package sagas_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/sagas"
)

// told is what something is logged to that is waited for.
type told chan struct{}

func (w told) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("does not come to where it waits")) {
		close(w)
	}
	return len(line), nil
}

// TestMeters counts what becomes of three sagas, of which one blocks until that is told of.
func TestMeters(t *testing.T) {
	t.Parallel()
	work := branchStep()
	slow := make(told)
	flow := sagas.Define("counted", func(s *sagas.Saga, what string) (string, error) {
		if what == "slow" {
			<-slow
		}
		if _, err := sagas.Do(s, work, "first"); err != nil {
			return "", err
		}
		return sagas.Do(s, work, what)
	}, sagas.Logger(slog.New(slog.NewTextHandler(slow, nil))))
	reader := metric.NewManualReader()
	b, err := bus.Open(t.Context(), bustest.Broker(t), bus.Telemetry(noop.NewTracerProvider(), metric.NewMeterProvider(metric.WithReader(reader))))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Verify(t.Context(), flow.Contracts()...); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(t.Context(), flow.New("1", "good"), flow.New("2", "bad"), flow.New("3", "slow")).Err(); err != nil {
		t.Fatal(err)
	}
	g, err := partitions.New(b, "counting", flow.Part())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	left := 3
	for told, err := range bus.Tail(t.Context(), b, flow.Told(), bus.Earliest) {
		if err != nil {
			t.Fatal(err)
		}
		if told.Value.Status.Ended() {
			left--
		}
		if left == 0 {
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	var metrics metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &metrics); err != nil {
		t.Fatal(err)
	}
	counted := make(map[string]int64)
	for _, scope := range metrics.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, is := m.Data.(metricdata.Sum[int64])
			for _, point := range sum.DataPoints {
				status, _ := point.Attributes.Value("millrace.saga.status")
				outcome, _ := point.Attributes.Value("millrace.saga.outcome")
				if is && (m.Name == "millrace.sagas.statuses" || m.Name == "millrace.sagas.steps") {
					counted[status.AsString()+outcome.AsString()] += point.Value
				}
				if is && m.Name == "millrace.sagas.slow" {
					counted["slow"] += point.Value
				}
			}
		}
	}
	for what, want := range map[string]int64{
		"running": 3, "completed": 2, "compensating": 1, "compensated": 1, "done": 5, "failed": 1, "undone": 1, "slow": 1,
	} {
		if counted[what] != want {
			t.Errorf("%d are %s, not %d", counted[what], what, want)
		}
	}
}
