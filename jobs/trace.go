package jobs

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const scope = "github.com/millrace/millrace/jobs"

// span is of one attempt, in the trace in which the job was enqueued.
func (n *Runner) span(ctx context.Context, a *attempt) (inner context.Context, end func(error)) {
	if a.row.trace == "" {
		return ctx, func(error) {}
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": a.row.trace, "tracestate": a.row.vendors})
	if n.tracer == nil {
		return ctx, func(error) {}
	}
	tenant, id := parseKey(a.row.key)
	ctx, span := n.tracer.Start(ctx, "job "+a.kind.name, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		attribute.String("millrace.job.kind", a.kind.name), attribute.String("millrace.job.id", id),
		attribute.String("millrace.tenant", string(tenant)),
		attribute.Int64("millrace.job.attempt", int64(a.row.attempts)), attribute.Int("millrace.shard", int(a.desk.shard)))) //nolint:gosec // few
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "the attempt failed")
		}
		span.End()
	}
}
