package bus

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/request"
)

// Origin returns ctx with what the record's publisher put into its headers: tenant, request id and trace. Headers that
// cannot be read are left out.
func (r Record) Origin(ctx context.Context) context.Context {
	if len(r.Headers) == 0 {
		return ctx
	}
	carrier := (*headerCarrier)(&r.Headers)
	if asked, _, err := request.Kafka().Extract(ctx, carrier); err == nil {
		ctx = asked
	}
	return propagation.TraceContext{}.Extract(ctx, carrier)
}

// Logger is where the bus and what stands on it write their logs.
func (b *Bus) Logger() *slog.Logger { return b.config.logger }

// Providers are the bus's sources of traces and metrics, for what stands on it. They do nothing without [Telemetry].
func (b *Bus) Providers() (trace.TracerProvider, metric.MeterProvider) {
	return b.config.tracer, b.config.meter
}
