package observe

import (
	"context"
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/trace"
)

// Trace adds trace_id and span_id to each record whose context holds a span, at the top of the record also where the
// logger is within a group, so that a search by trace finds it.
func Trace(next slog.Handler) slog.Handler { return &traced{plain: next, top: next} }

// traced keeps two handlers: plain has every attribute and group, top only what came before the first group.
type traced struct {
	plain, top slog.Handler
	groups     []group
}

// group is an open group with the attributes that were added within it.
type group struct {
	name  string
	attrs []slog.Attr
}

func (t *traced) Enabled(ctx context.Context, level slog.Level) bool {
	return t.plain.Enabled(ctx, level)
}

func (t *traced) Handle(ctx context.Context, r slog.Record) error {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() {
		return t.plain.Handle(ctx, r) //nolint:wrapcheck // it is the handler below that failed
	}
	ids := []slog.Attr{slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String())}
	if len(t.groups) == 0 {
		r = r.Clone()
		r.AddAttrs(ids...)
		return t.plain.Handle(ctx, r) //nolint:wrapcheck // it is the handler below that failed
	}
	inner := make([]slog.Attr, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool { inner = append(inner, a); return true })
	for _, g := range slices.Backward(t.groups) {
		inner = []slog.Attr{slog.GroupAttrs(g.name, slices.Concat(g.attrs, inner)...)}
	}
	outer := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	outer.AddAttrs(append(inner, ids...)...)
	return t.top.Handle(ctx, outer) //nolint:wrapcheck // it is the handler below that failed
}

func (t *traced) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return t
	}
	if len(t.groups) == 0 {
		next := t.plain.WithAttrs(attrs)
		return &traced{plain: next, top: next}
	}
	groups := slices.Clone(t.groups)
	last := &groups[len(groups)-1]
	last.attrs = slices.Concat(last.attrs, attrs)
	return &traced{plain: t.plain.WithAttrs(attrs), top: t.top, groups: groups}
}

func (t *traced) WithGroup(name string) slog.Handler {
	if name == "" {
		return t
	}
	return &traced{plain: t.plain.WithGroup(name), top: t.top, groups: append(slices.Clip(t.groups), group{name: name})}
}
