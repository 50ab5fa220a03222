package otlp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
)

// guard stands before an exporter: it ends exports with Shutdown, which the SDK does not, and tells an outage once.
type guard struct {
	signal signal
	logger *slog.Logger
	bound  func(context.Context) (context.Context, func())

	mu   sync.Mutex
	last error
}

func (t *Telemetry) guard(s signal) *guard {
	g := &guard{signal: s, logger: t.config.logger, bound: t.bound}
	t.guards = append(t.guards, g)
	return g
}

var errCut = errors.New("telemetry was shut down")

// bounded makes contexts that also end when cut is called.
func bounded() (bound func(context.Context) (context.Context, func()), cut context.CancelFunc) {
	over, cut := context.WithCancel(context.Background())
	return func(ctx context.Context) (context.Context, func()) {
		ctx, cancel := context.WithCancelCause(ctx)
		stop := context.AfterFunc(over, func() { cancel(errCut) })
		return ctx, func() { stop(); cancel(nil) }
	}, cut
}

// export sends and keeps the error for itself, since the SDK would write it to the standard error of the process.
func (g *guard) export(ctx context.Context, send func(context.Context) error) error {
	ctx, done := g.bound(ctx)
	defer done()
	err := send(ctx)
	g.mu.Lock()
	changed := (err == nil) != (g.last == nil)
	g.last = err
	g.mu.Unlock()
	switch {
	case changed && err != nil:
		g.logger.WarnContext(ctx, "telemetry is lost until its receiver answers", "signal", g.signal, "error", err)
	case changed:
		g.logger.InfoContext(ctx, "telemetry is received again", "signal", g.signal)
	}
	return nil
}

// failure is why the last export was not received.
func (g *guard) failure() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", g.signal, g.last)
}

type spanExporter struct {
	trace.SpanExporter

	guard *guard
}

func (e *spanExporter) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	return e.guard.export(ctx, func(ctx context.Context) error {
		return e.SpanExporter.ExportSpans(ctx, spans)
	})
}

type metricExporter struct {
	metric.Exporter

	guard *guard
}

func (e *metricExporter) Export(ctx context.Context, measured *metricdata.ResourceMetrics) error {
	return e.guard.export(ctx, func(ctx context.Context) error {
		return e.Exporter.Export(ctx, measured)
	})
}

type logExporter struct {
	log.Exporter

	guard *guard
}

func (e *logExporter) Export(ctx context.Context, records []log.Record) error {
	return e.guard.export(ctx, func(ctx context.Context) error {
		return e.Exporter.Export(ctx, records)
	})
}
