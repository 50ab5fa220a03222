package sagas

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const scope = "github.com/millrace/millrace/sagas"

// traceOf is a place in a trace, in the headers of W3C Trace Context.
type traceOf map[string]string

// traceIn is where a context is, or nil.
func traceIn(ctx context.Context) traceOf {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return nil
	}
	at := make(traceOf)
	propagation.TraceContext{}.Inject(ctx, propagation.MapCarrier(at))
	return at
}

// in lets what is done in a context be part of the trace.
func (t traceOf) in(ctx context.Context) context.Context {
	if len(t) == 0 {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier(t))
}

// span is of one attempt, in the trace of the saga's start, wherever that was.
func (r *run) span(ctx context.Context, o *op) (inner context.Context, end func(got result, known bool)) {
	ctx = r.input.Trace.in(ctx)
	if r.traces == nil {
		return ctx, func(result, bool) {}
	}
	ctx, span := r.traces.Tracer(scope).Start(ctx, string(o.kind)+" "+o.name, trace.WithAttributes(
		attribute.String("millrace.saga.flow", r.runner.name), attribute.String("millrace.saga.step", o.name),
		attribute.String("millrace.saga.at", o.at), attribute.Int("millrace.saga.attempt", o.tried.Attempt+1),
		attribute.Int("millrace.shard", int(r.shard.ID))))
	return ctx, func(got result, known bool) {
		if got.err != nil || !known {
			span.SetStatus(codes.Error, "the attempt failed")
		}
		span.End()
	}
}
