package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// telemetry is where traces and metrics go, as the OTEL_* variables of the OpenTelemetry specification say. Without
// an exporter or endpoint in them there are none.
type telemetry struct {
	traces  trace.TracerProvider
	metrics metric.MeterProvider
	carrier propagation.TextMapPropagator
	ends    []func(context.Context) error
}

// flushLimit bounds how long the last traces and metrics may take.
const flushLimit = 5 * time.Second

func newTelemetry(ctx context.Context) (*telemetry, error) {
	t := &telemetry{
		traces: tracenoop.NewTracerProvider(), metrics: metricnoop.NewMeterProvider(), carrier: propagation.TraceContext{},
	}
	endpoint := os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")
	wantTraces := cmp.Or(os.Getenv("OTEL_TRACES_EXPORTER"), os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), endpoint) != ""
	wantMetrics := cmp.Or(os.Getenv("OTEL_METRICS_EXPORTER"), os.Getenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"), endpoint) != ""
	if os.Getenv("OTEL_SDK_DISABLED") == "true" || !wantTraces && !wantMetrics {
		return t, nil
	}
	about, err := resource.New(ctx, resource.WithAttributes(semconv.ServiceName("millrace")), resource.WithFromEnv(), resource.WithTelemetrySDK(),
		resource.WithHost(), resource.WithProcessPID())
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	if wantTraces {
		exporter, err := autoexport.NewSpanExporter(ctx)
		if err != nil {
			return nil, fmt.Errorf("telemetry: %w; see OTEL_TRACES_EXPORTER", err)
		}
		provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
		t.traces, t.ends = provider, append(t.ends, provider.Shutdown)
	}
	if wantMetrics {
		reader, err := autoexport.NewMetricReader(ctx)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("telemetry: %w; see OTEL_METRICS_EXPORTER", err), t.close())
		}
		provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithResource(about))
		t.metrics, t.ends = provider, append(t.ends, provider.Shutdown)
	}
	return t, nil
}

// wrap traces and measures requests.
func (t *telemetry) wrap(next http.Handler) http.Handler {
	return otelhttp.NewHandler(next, "http", otelhttp.WithTracerProvider(t.traces), otelhttp.WithMeterProvider(t.metrics),
		otelhttp.WithPropagators(t.carrier))
}

// close sends what is left.
func (t *telemetry) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), flushLimit)
	defer cancel()
	var errs []error
	for _, end := range t.ends {
		errs = append(errs, end(ctx))
	}
	return errors.Join(errs...)
}
