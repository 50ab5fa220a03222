package sagas_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/sagas"
)

// traced is a bus of a node that records spans.
func traced(t *testing.T, broker string) (*bus.Bus, *tracetest.SpanRecorder, trace.Tracer) {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	b, err := bus.Open(t.Context(), broker, bus.Telemetry(provider, noop.NewMeterProvider()))
	if err != nil {
		t.Fatal(err)
	}
	return b, spans, provider.Tracer("test")
}

// TestTrace follows a saga to another node, and to a saga that it calls: all steps are spans of the trace in which it was started.
func TestTrace(t *testing.T) {
	t.Parallel()
	within := make(chan trace.TraceID, 9)
	step := func(name string) *sagas.Step[int, int] {
		return sagas.NewStep(name, func(ctx context.Context, n int) (int, error) {
			within <- trace.SpanContextFromContext(ctx).TraceID()
			return n, nil
		}, nil)
	}
	first, second, third := step("first"), step("second"), step("third")
	child := sagas.Define("child", func(s *sagas.Saga, n int) (int, error) { return sagas.Do(s, third, n) })
	flow := sagas.Define("traced", func(s *sagas.Saga, n int) (int, error) {
		if _, err := sagas.Do(s, first, n); err != nil {
			return 0, err
		}
		if _, err := sagas.Await(s, said, 0); err != nil {
			return 0, err
		}
		if _, err := sagas.Do(s, second, n); err != nil {
			return 0, err
		}
		return sagas.Call(s, child, "c", n)
	})
	broker := bustest.Broker(t)
	b, _, tracer := traced(t, broker)
	defer b.Close()
	if err := b.Verify(t.Context(), append(flow.Contracts(), child.Contracts()...)...); err != nil {
		t.Fatal(err)
	}
	ctx, start := tracer.Start(t.Context(), "start")
	if err := flow.Start(ctx, b, "1", 1).Err(); err != nil {
		t.Fatal(err)
	}
	start.End()
	for _, names := range [][]string{{"step first"}, {"step second", "step third"}} {
		other, spans, _ := traced(t, broker)
		g, err := partitions.New(other, "traced", flow.Part(), child.Part())
		if err != nil {
			t.Fatal(err)
		}
		running, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- g.Run(running) }()
		for range names {
			if id := <-within; id != start.SpanContext().TraceID() {
				t.Errorf("a step of %v is in the trace %s", names, id)
			}
		}
		if len(names) == 2 {
			if _, err := flow.Handle(g, "1").Result(t.Context()); err != nil {
				t.Error(err)
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for _, name := range names {
			found := 0
			for _, span := range spans.Ended() {
				if span.Name() == name && span.SpanContext().TraceID() == start.SpanContext().TraceID() {
					found++
				}
			}
			if found == 0 {
				t.Errorf("there is no span %q", name)
			}
		}
		if err := other.Close(); err != nil {
			t.Error(err)
		}
		if err := said.Send(t.Context(), b, flow, "1", "go on").Err(); err != nil {
			t.Fatal(err)
		}
	}
}
