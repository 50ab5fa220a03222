package partitions_test

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
	"github.com/millrace/millrace/partitions"
)

// TestTelemetry follows a publisher's trace through a handler to what it emits, and looks at the metrics.
func TestTelemetry(t *testing.T) {
	t.Parallel()
	spans, reader := tracetest.NewSpanRecorder(), metric.NewManualReader()
	tracer := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	b, err := bus.Open(t.Context(), bustest.Broker(t), bus.Telemetry(tracer, metric.NewMeterProvider(metric.WithReader(reader))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	in := bus.Define("test.thing.made", func(int) string { return "k" }, bus.InTopic("in"))
	out := bus.Define("test.thing.seen", func(int) string { return "k" }, bus.InTopic("out"))
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "in", Partitions: 1}, bus.TopicSpec{Name: "out", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	ctx, root := tracer.Tracer("test").Start(t.Context(), "request")
	if err := b.Publish(ctx, in.New(1)).Err(); err != nil {
		t.Fatal(err)
	}
	root.End()
	g, err := partitions.New(b, "traced", partitions.On(in, func(tx *partitions.Tx, n int) error {
		tx.Emit(out.New(n))
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(running) }()
	for record, err := range b.Read(t.Context(), "out", bus.Earliest) {
		if err != nil {
			t.Fatal(err)
		}
		if seen := oteltrace.SpanContextFromContext(record.Origin(t.Context())); seen.TraceID() != root.SpanContext().TraceID() {
			t.Errorf("what the handler emits has the trace %s, and its record %s", seen.TraceID(), root.SpanContext().TraceID())
		}
		break
	}
	var metrics metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &metrics); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	var names []string
	for _, scope := range metrics.ScopeMetrics {
		for _, metric := range scope.Metrics {
			names = append(names, metric.Name)
		}
	}
	for _, want := range []string{
		"millrace.partitions.transaction.duration", "millrace.partitions.transaction.size", "millrace.partitions.commit.duration",
		"millrace.partitions.restore.duration", "millrace.partitions.restored", "millrace.partitions.taken", "millrace.partitions.shards",
		"millrace.partitions.token", "millrace.partitions.lag",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("metric %s is missing among %v", want, names)
		}
	}
	if !slices.ContainsFunc(spans.Ended(), func(s trace.ReadOnlySpan) bool { return s.Name() == "process in" }) {
		t.Error("the handler has no span")
	}
}
