package partitions

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/bus"
)

// traced calls f within a span of the record's trace, where the bus has telemetry. What f emits and calls is part of it.
func (b *batch) traced(s *shard, record *bus.Record, f func(*Tx) error) func(*Tx) error {
	m := b.engine.meters
	if !m.traced {
		return f
	}
	return func(tx *Tx) (err error) {
		ctx, span := m.tracer.Start(tx.Context(), "process "+string(record.Topic), trace.WithSpanKind(trace.SpanKindConsumer),
			trace.WithAttributes(
				attribute.String("messaging.system", "kafka"), attribute.String("messaging.operation.name", "process"),
				attribute.String("messaging.consumer.group.name", b.engine.config.name),
				attribute.String("messaging.destination.name", string(record.Topic)),
				attribute.String("messaging.message.id", record.ID()), attribute.Int64("messaging.kafka.offset", record.Offset),
				attribute.String("millrace.event.type", record.Type()), attribute.Int("millrace.shard", int(s.id)),
				attribute.Int64("millrace.partitions.token", tx.Token())))
		defer func() {
			if err != nil {
				span.SetStatus(codes.Error, "handler failed")
				span.RecordError(err)
			}
			span.End()
		}()
		tx.ctx = ctx
		return f(tx)
	}
}

// Traces is where spans of outside work are made, as of [Tx.Go]. They are nothing without [bus.Telemetry].
func (tx *Tx) Traces() trace.TracerProvider {
	traces, _ := tx.batch.engine.bus.Providers()
	return traces
}
