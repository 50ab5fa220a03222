package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"testing/slogtest"

	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/observe"
)

// spanned is a context with the span of the W3C specification's example.
func spanned(ctx context.Context) context.Context {
	traceID, _ := trace.TraceIDFromHex("4bf92f3577b34da6a3ce929d0e0e4736")
	spanID, _ := trace.SpanIDFromHex("00f067aa0ba902b7")
	return trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID}))
}

func decode(t *testing.T, line []byte) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(line, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestTraceNamesSpan(t *testing.T) {
	t.Parallel()
	loggers := map[string]func(*slog.Logger) *slog.Logger{
		"plain":      func(l *slog.Logger) *slog.Logger { return l },
		"attributes": func(l *slog.Logger) *slog.Logger { return l.With("a", 1) },
		"group":      func(l *slog.Logger) *slog.Logger { return l.With("a", 1).WithGroup("g").With("b", 2) },
		"groups":     func(l *slog.Logger) *slog.Logger { return l.WithGroup("g").WithGroup("h").With("b", 2) },
	}
	for name, logger := range loggers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var with, without bytes.Buffer
			logger(slog.New(observe.Trace(slog.NewJSONHandler(&with, nil)))).InfoContext(spanned(t.Context()), "m", "c", 3)
			logger(slog.New(slog.NewJSONHandler(&without, nil))).InfoContext(t.Context(), "m", "c", 3)
			got, want := decode(t, with.Bytes()), decode(t, without.Bytes())
			want["trace_id"], want["span_id"], want["time"] = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", got["time"]
			gotText, _ := json.Marshal(got)
			wantText, _ := json.Marshal(want)
			if !bytes.Equal(gotText, wantText) {
				t.Errorf("got  %s\nwant %s", gotText, wantText)
			}
		})
	}
}

// A logger that is derived twice from one with a group must not write into its sibling's attributes.
func TestTraceSiblings(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	parent := slog.New(observe.Trace(slog.NewJSONHandler(&out, nil))).WithGroup("g").With("a", 1)
	first, second := parent.With("b", 2), parent.With("c", 3)
	for logger, want := range map[*slog.Logger]string{first: "b", second: "c"} {
		out.Reset()
		logger.InfoContext(spanned(t.Context()), "m")
		fields, _ := decode(t, out.Bytes())["g"].(map[string]any)
		if len(fields) != 2 || fields["a"] == nil || fields[want] == nil {
			t.Errorf("%v", fields)
		}
	}
}

// contextual gives each record a span, so that the standard's own test of handlers takes the path with one.
type contextual struct{ slog.Handler }

func (c contextual) Handle(ctx context.Context, r slog.Record) error {
	return c.Handler.Handle(spanned(ctx), r)
}

func (c contextual) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextual{c.Handler.WithAttrs(attrs)}
}

func (c contextual) WithGroup(name string) slog.Handler { return contextual{c.Handler.WithGroup(name)} }

func TestTraceIsHandler(t *testing.T) {
	t.Parallel()
	wraps := map[string]func(slog.Handler) slog.Handler{
		"without span": func(h slog.Handler) slog.Handler { return h },
		"with span":    func(h slog.Handler) slog.Handler { return contextual{h} },
	}
	for name, wrap := range wraps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			slogtest.Run(t, func(*testing.T) slog.Handler {
				out.Reset()
				return wrap(observe.Trace(slog.NewJSONHandler(&out, nil)))
			}, func(t *testing.T) map[string]any {
				t.Helper()
				fields := decode(t, out.Bytes())
				delete(fields, "trace_id")
				delete(fields, "span_id")
				return fields
			})
		})
	}
}
