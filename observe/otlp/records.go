package otlp

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/contrib/bridges/otelslog"

	"github.com/millrace/millrace/observe"
)

// Handler is next with trace_id and span_id on its records; where logs are exported, what next takes is exported too.
func (t *Telemetry) Handler(next slog.Handler) slog.Handler {
	traced := observe.Trace(next)
	if t.logs == nil {
		return traced
	}
	bridge := otelslog.NewHandler(t.config.service, otelslog.WithLoggerProvider(t.logs))
	return slog.NewMultiHandler(traced, &levelled{Handler: bridge, of: next})
}

// levelled takes the records that another handler takes.
type levelled struct {
	slog.Handler

	of slog.Handler
}

func (l *levelled) Enabled(ctx context.Context, level slog.Level) bool {
	return l.of.Enabled(ctx, level)
}

func (l *levelled) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &levelled{Handler: l.Handler.WithAttrs(attrs), of: l.of}
}

func (l *levelled) WithGroup(name string) slog.Handler {
	return &levelled{Handler: l.Handler.WithGroup(name), of: l.of}
}
