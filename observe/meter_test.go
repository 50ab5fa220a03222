package observe_test

import (
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/millrace/millrace/observe"
)

func TestMeterTellsErrors(t *testing.T) {
	t.Parallel()
	m := observe.NewMeter(sdkmetric.NewMeterProvider(), "example.org/shop")
	m.Counter("1st", "", "A name must not begin with a digit.")
	m.Histogram("good", "s", "A good one.")
	m.Gauge("", "", "A name must not be empty.")
	err := m.Err()
	if err == nil || strings.Count(err.Error(), "example.org/shop") != 1 || !strings.Contains(err.Error(), "1st") {
		t.Errorf("%v", err)
	}
	if joined, _ := strings.CutPrefix(err.Error(), "observe: "); strings.Count(joined, "\n") != 1 {
		t.Errorf("not both are told: %q", err)
	}
}

func TestMeterMeasures(t *testing.T) {
	t.Parallel()
	reader := sdkmetric.NewManualReader()
	m := observe.NewMeter(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), "example.org/shop")
	orders, took := m.Counter("orders", "", "Orders."), m.Histogram("took", "s", "Time of an order.")
	open := m.Gauge("open", "", "Open orders.")
	end := m.Observe(func(_ context.Context, o metric.Observer) { o.ObserveInt64(open, 7) }, open)
	if err := m.Err(); err != nil {
		t.Fatal(err)
	}
	orders.Add(t.Context(), 2)
	took.Record(t.Context(), 0.5)
	if names := collect(t, reader); len(names) != 3 || names["took"] != "s" {
		t.Errorf("%v", names)
	}
	end()
	end()
	if _, there := collect(t, reader)["open"]; there {
		t.Error("a gauge is read after its end")
	}
}

// collect returns the units of what is measured.
func collect(t *testing.T, reader sdkmetric.Reader) map[string]string {
	t.Helper()
	var metrics metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &metrics); err != nil {
		t.Fatal(err)
	}
	units := map[string]string{}
	for _, scope := range metrics.ScopeMetrics {
		for _, m := range scope.Metrics {
			units[m.Name] = m.Unit
		}
	}
	return units
}
