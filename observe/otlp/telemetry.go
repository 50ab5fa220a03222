package otlp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// Telemetry is where traces, metrics and logs of a process go. [Telemetry.Shutdown] ends it.
type Telemetry struct {
	config   config
	traces   trace.TracerProvider
	metrics  metric.MeterProvider
	logs     log.LoggerProvider // nil where records are not exported
	scraped  *prometheus.Registry
	address  string
	guards   []*guard
	ends     []func(context.Context) error
	bound    func(context.Context) (context.Context, func())
	cut      context.CancelFunc
	shutdown sync.Once
}

// flushLimit bounds [Telemetry.Shutdown] where its context does not.
const flushLimit = 5 * time.Second

// Open sets up what the OTEL_* variables say. The service is sent as service.name unless OTEL_SERVICE_NAME or
// OTEL_RESOURCE_ATTRIBUTES names another. Nothing is connected yet: a receiver that is away is no error.
func Open(ctx context.Context, service string, opts ...Option) (*Telemetry, error) {
	c := config{service: service, logger: slog.New(slog.DiscardHandler), console: os.Stdout}
	for _, opt := range opts {
		opt.applyTelemetry(&c)
	}
	if c.service == "" || c.logger == nil || c.console == nil {
		return nil, errors.New("otlp: open: service, logger and console must not be empty")
	}
	t := &Telemetry{config: c, traces: tracenoop.NewTracerProvider(), metrics: metricnoop.NewMeterProvider()}
	t.bound, t.cut = bounded() //nolint:contextcheck // exports go on when Open's context has ended
	set, err := readSettings(os.Getenv)
	if err != nil {
		return nil, fmt.Errorf("otlp: open: %w", err)
	}
	if set.empty() {
		return t, nil
	}
	about, err := t.resource(ctx)
	if err != nil {
		return nil, fmt.Errorf("otlp: open: resource: %w", err)
	}
	if err := errors.Join(t.openTraces(ctx, set, about), t.openMetrics(ctx, set, about), t.openLogs(ctx, set, about)); err != nil {
		return nil, errors.Join(fmt.Errorf("otlp: open: %w", err), t.Shutdown(ctx))
	}
	t.address = set.address
	return t, nil
}

func (t *Telemetry) resource(ctx context.Context) (*resource.Resource, error) {
	about := []attribute.KeyValue{semconv.ServiceName(t.config.service), semconv.ServiceInstanceID(uuid.NewString())}
	if t.config.version != "" {
		about = append(about, semconv.ServiceVersion(t.config.version))
	}
	return resource.New(ctx, resource.WithTelemetrySDK(), resource.WithHost(), resource.WithProcessPID(), //nolint:wrapcheck // wrapped by Open
		resource.WithAttributes(about...), resource.WithFromEnv())
}

// Tracer makes spans.
func (t *Telemetry) Tracer() trace.TracerProvider { return t.traces }

// Meter makes instruments.
func (t *Telemetry) Meter() metric.MeterProvider { return t.metrics }

// Shutdown sends what is left and ends everything, within the end of ctx and within 5 seconds where it has none. It
// says what could not be sent. A second call does nothing.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	var err error
	t.shutdown.Do(func() { err = t.end(ctx) })
	return err
}

func (t *Telemetry) end(ctx context.Context) error {
	if _, ends := ctx.Deadline(); !ends {
		limited, cancel := context.WithTimeout(ctx, flushLimit)
		defer cancel()
		ctx = limited
	}
	defer t.cut()
	errs := make([]error, len(t.ends))
	var wg sync.WaitGroup
	for i, end := range t.ends {
		wg.Go(func() { errs[i] = end(ctx) })
	}
	wg.Wait()
	if late := ctx.Err(); late != nil {
		return fmt.Errorf("otlp: shutdown: not everything was sent: %w", cmp.Or(context.Cause(ctx), late))
	}
	lost := make([]error, len(t.guards))
	for i, g := range t.guards {
		lost[i] = g.failure()
	}
	if err := errors.Join(slices.Concat(errs, lost)...); err != nil {
		return fmt.Errorf("otlp: shutdown: not everything was sent: %w", err)
	}
	return nil
}
