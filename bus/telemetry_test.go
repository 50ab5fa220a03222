package bus_test

import (
	"context"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

func TestTraceGoesThrough(t *testing.T) {
	t.Parallel()
	spans, reader := tracetest.NewSpanRecorder(), metric.NewManualReader()
	tracer := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	meter := metric.NewMeterProvider(metric.WithReader(reader))
	b, err := bus.Open(t.Context(), bustest.Broker(t), bus.Telemetry(tracer, meter))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	event := orderPlaced()
	if err := b.Create(t.Context(), bus.TopicSpec{Name: event.Contract().Topic(), Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	ctx, root := tracer.Tracer("test").Start(t.Context(), "request")
	if err := b.Publish(ctx, event.New(placed{ID: "1"})).Err(); err != nil {
		t.Fatal(err)
	}
	root.End()
	subscribed, stop := context.WithCancel(t.Context())
	var seen oteltrace.TraceID
	var metrics metricdata.ResourceMetrics
	err = b.Subscribe(subscribed, "traced", bus.On(event, func(ctx context.Context, _ placed) error {
		defer stop()
		seen = oteltrace.SpanContextFromContext(ctx).TraceID()
		return reader.Collect(ctx, &metrics)
	}))
	if err != nil {
		t.Fatal(err)
	}
	if seen != root.SpanContext().TraceID() {
		t.Errorf("the handler's trace is %s, the publisher's %s", seen, root.SpanContext().TraceID())
	}
	var names []string
	for _, scope := range metrics.ScopeMetrics {
		for _, metric := range scope.Metrics {
			names = append(names, metric.Name)
		}
	}
	for _, want := range []string{"millrace.bus.lag", "millrace.bus.in_flight", "messaging.kafka.produce_records.count"} {
		if !slices.Contains(names, want) {
			t.Errorf("metric %s is missing among %v", want, names)
		}
	}
}

// TestRecordsKeepTheirTrace publishes a record of elsewhere, as a relay or who moves dead letters does, where there is no trace.
func TestRecordsKeepTheirTrace(t *testing.T) {
	t.Parallel()
	b, err := bus.Open(t.Context(), bustest.Broker(t), bus.Telemetry(trace.NewTracerProvider(), metric.NewMeterProvider()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	topic := orderPlaced().Contract().Topic()
	if err := b.Create(t.Context(), bus.TopicSpec{Name: topic, Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	moved := bus.Record{Topic: topic, Headers: bus.Headers{{Key: "traceparent", Value: []byte(parent)}}}
	if err := b.Publish(t.Context(), moved.Message()).Err(); err != nil {
		t.Fatal(err)
	}
	for record, err := range b.Read(t.Context(), topic, bus.Earliest) {
		if err != nil {
			t.Fatal(err)
		}
		if got := oteltrace.SpanContextFromContext(record.Origin(t.Context())).TraceID().String(); got != parent[3:35] {
			t.Errorf("its trace is %s now", got)
		}
		break
	}
}
