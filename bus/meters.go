package bus

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/observe"
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
	close    func()
}

func newSubscriptionMeters(e *engine) (*subscriptionMeters, error) {
	meter := observe.NewMeter(e.bus.config.meter, scope)
	m := &subscriptionMeters{
		group:    attribute.String("messaging.consumer.group.name", e.sub.member()),
		tracer:   e.bus.config.tracer.Tracer(scope),
		duration: meter.Histogram("messaging.process.duration", "s", "Time of one attempt of a handler."),
		retries:  meter.Counter("millrace.bus.retries", "", "Attempts that failed and are made again in place."),
		moved:    meter.Counter("millrace.bus.failed", "", "Events that were moved to the retry topic or the dead letters."),
	}
	lag := meter.Gauge("millrace.bus.lag", "", "Records between the commit and the end of a partition.")
	held := meter.Gauge("millrace.bus.in_flight", "", "Events held in memory.")
	m.close = meter.Observe(func(_ context.Context, o metric.Observer) {
		for _, lane := range e.all() {
			o.ObserveInt64(lag, lane.lag(), metric.WithAttributes(m.group,
				attribute.String("messaging.destination.name", lane.topic),
				attribute.Int("messaging.destination.partition.id", int(lane.partition))))
		}
		o.ObserveInt64(held, e.records.Load(), metric.WithAttributes(m.group))
	}, lag, held)
	return m, meter.Err()
}

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
