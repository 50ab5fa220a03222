package partitions_test

import (
	"context"
	"errors"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/partitions"
)

// TestCounter counts in calls of which each fails once: nothing of that is counted.
func TestCounter(t *testing.T) {
	t.Parallel()
	reader := metric.NewManualReader()
	b, err := bus.Open(t.Context(), bustest.Broker(t), bus.Telemetry(noop.NewTracerProvider(), metric.NewMeterProvider(metric.WithReader(reader))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	in := bus.Define("test.thing.made", func(string) string { return "k" }, bus.InTopic("in"))
	out := bus.Define("test.thing.seen", func(string) string { return "k" }, bus.InTopic("out"))
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "in", Partitions: 1}, bus.TopicSpec{Name: "out", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(t.Context(), in.New("red"), in.New("blue"), in.New("red"), in.New("last")).Err(); err != nil {
		t.Fatal(err)
	}
	things := partitions.NewCounter("test.things", "{thing}", "Things.")
	failed := make(map[int64]bool)
	g, err := partitions.New(b, "counting", partitions.Use(things), partitions.On(in, func(tx *partitions.Tx, color string) error {
		things.Add(tx, 2, attribute.String("color", color))
		tx.Emit(out.New(color))
		if at := tx.Record().Offset; !failed[at] {
			failed[at] = true
			return errors.New("once")
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(running) }()
	for color, err := range bus.Tail(t.Context(), b, out, bus.Earliest) {
		if err != nil {
			t.Fatal(err)
		}
		if color.Value == "last" {
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	counted := sums(t, reader, "test.things", "color")
	if len(counted) != 3 || counted["red"] != 4 || counted["blue"] != 2 || counted["last"] != 2 {
		t.Errorf("counted %v", counted)
	}
}

// sums are a counter's values by one of its attributes.
func sums(t *testing.T, reader *metric.ManualReader, name string, by attribute.Key) map[string]int64 {
	t.Helper()
	var metrics metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &metrics); err != nil {
		t.Fatal(err)
	}
	values := make(map[string]int64)
	for _, scope := range metrics.ScopeMetrics {
		for _, metric := range scope.Metrics {
			if sum, ok := metric.Data.(metricdata.Sum[int64]); ok && metric.Name == name {
				for _, point := range sum.DataPoints {
					value, _ := point.Attributes.Value(by)
					values[value.AsString()] += point.Value
				}
			}
		}
	}
	return values
}
