package bus

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const scope = "github.com/millrace/millrace/bus"

// subscriptionMeters are what a subscription shows beside the client's own metrics. Names and attributes follow the
// OpenTelemetry semantic conventions for messaging where those have one.
type subscriptionMeters struct {
	group    attribute.KeyValue
	tracer   trace.Tracer
	duration metric.Float64Histogram
	retries  metric.Int64Counter
	moved    metric.Int64Counter
	observed metric.Registration
}

func newSubscriptionMeters(e *engine) (*subscriptionMeters, error) {
	meter := e.bus.config.meter.Meter(scope)
	m := &subscriptionMeters{
		group:  attribute.String("messaging.consumer.group.name", e.sub.group),
		tracer: e.bus.config.tracer.Tracer(scope),
	}
	var errs [6]error
	m.duration, errs[0] = meter.Float64Histogram("messaging.process.duration", metric.WithUnit("s"),
		metric.WithDescription("Time of one attempt of a handler."))
	m.retries, errs[1] = meter.Int64Counter("millrace.bus.retries",
		metric.WithDescription("Attempts that failed and are made again in place."))
	m.moved, errs[2] = meter.Int64Counter("millrace.bus.failed",
		metric.WithDescription("Events that were moved to the retry topic or the dead letters."))
	lag, err := meter.Int64ObservableGauge("millrace.bus.lag", metric.WithDescription("Records between the commit and the end of a partition."))
	errs[3] = err
	held, err := meter.Int64ObservableGauge("millrace.bus.in_flight", metric.WithDescription("Events held in memory."))
	errs[4] = err
	m.observed, errs[5] = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, lane := range e.all() {
			o.ObserveInt64(lag, lane.lag(), metric.WithAttributes(m.group,
				attribute.String("messaging.destination.name", lane.topic),
				attribute.Int("messaging.destination.partition.id", int(lane.partition))))
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		o.ObserveInt64(held, int64(e.records), metric.WithAttributes(m.group))
		return nil
	}, lag, held)
	return m, errors.Join(errs[:]...)
}

func (m *subscriptionMeters) close() { _ = m.observed.Unregister() }

// begin starts the span of an attempt, linked to the publisher's.
func (m *subscriptionMeters) begin(ctx context.Context, r Record) (context.Context, func(error)) {
	began := time.Now()
	published := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(ctx, (*headerCarrier)(&r.Headers)))
	kind := attribute.String("millrace.event.type", r.Type())
	ctx, span := m.tracer.Start(trace.ContextWithRemoteSpanContext(ctx, published), "process "+string(r.Topic),
		trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(m.group, kind, attribute.String("messaging.system", "kafka"),
			attribute.String("messaging.operation.name", "process"), attribute.String("messaging.message.id", r.ID()),
			attribute.String("messaging.destination.name", string(r.Topic)),
			attribute.Int64("messaging.kafka.offset", r.Offset)))
	return ctx, func(err error) {
		outcome := attribute.String("outcome", "ok")
		if err != nil {
			outcome = attribute.String("outcome", "error")
			span.SetStatus(codes.Error, "handler failed")
			span.RecordError(err)
		}
		span.End()
		m.duration.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(m.group, kind, outcome))
	}
}

func (m *subscriptionMeters) retried(ctx context.Context, kind string) {
	m.retries.Add(ctx, 1, metric.WithAttributes(m.group, attribute.String("millrace.event.type", kind)))
}

func (m *subscriptionMeters) stored(ctx context.Context, kind, as string) {
	m.moved.Add(ctx, 1, metric.WithAttributes(m.group, attribute.String("millrace.event.type", kind), attribute.String("as", as)))
}

// lag is how many records of the partition are behind the end.
func (l *lane) lag() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tracker == nil {
		return 0
	}
	return max(l.highWater-l.tracker.committable(), 0)
}
