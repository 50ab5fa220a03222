package otlp

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func (t *Telemetry) openTraces(ctx context.Context, set *settings, about *resource.Resource) error {
	targets := set.targets[traces]
	if len(targets) == 0 {
		return nil
	}
	opts := []sdktrace.TracerProviderOption{sdktrace.WithResource(about)}
	for _, to := range targets {
		var exporter sdktrace.SpanExporter
		var err error
		switch to {
		case toConsole:
			exporter, err = stdouttrace.New(stdouttrace.WithWriter(t.config.console))
		case toGRPC:
			exporter, err = otlptracegrpc.New(ctx)
		default:
			exporter, err = otlptracehttp.New(ctx)
		}
		if err != nil {
			return fmt.Errorf("traces: %w", err)
		}
		opts = append(opts, sdktrace.WithBatcher(&spanExporter{exporter, t.guard(traces)}))
	}
	provider := sdktrace.NewTracerProvider(opts...)
	t.traces, t.ends = provider, append(t.ends, provider.Shutdown)
	return nil
}

func (t *Telemetry) openMetrics(ctx context.Context, set *settings, about *resource.Resource) error {
	targets := set.targets[metrics]
	if len(targets) == 0 {
		return nil
	}
	opts := []sdkmetric.Option{sdkmetric.WithResource(about)}
	for _, to := range targets {
		var exporter sdkmetric.Exporter
		var err error
		switch to {
		case toPrometheus:
			t.scraped = prometheus.NewRegistry()
			reader, err := promexporter.New(promexporter.WithRegisterer(t.scraped))
			if err != nil {
				return fmt.Errorf("metrics: %w", err)
			}
			opts = append(opts, sdkmetric.WithReader(reader))
			continue
		case toConsole:
			exporter, err = stdoutmetric.New(stdoutmetric.WithWriter(t.config.console))
		case toGRPC:
			exporter, err = otlpmetricgrpc.New(ctx)
		default:
			exporter, err = otlpmetrichttp.New(ctx)
		}
		if err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
		opts = append(opts, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(&metricExporter{exporter, t.guard(metrics)})))
	}
	provider := sdkmetric.NewMeterProvider(opts...)
	t.metrics, t.ends = provider, append(t.ends, provider.Shutdown)
	return nil
}

func (t *Telemetry) openLogs(ctx context.Context, set *settings, about *resource.Resource) error {
	targets := set.targets[logs]
	if len(targets) == 0 {
		return nil
	}
	opts := []sdklog.LoggerProviderOption{sdklog.WithResource(about)}
	for _, to := range targets {
		var exporter sdklog.Exporter
		var err error
		switch to {
		case toConsole:
			exporter, err = stdoutlog.New(stdoutlog.WithWriter(t.config.console))
		case toGRPC:
			exporter, err = otlploggrpc.New(ctx)
		default:
			exporter, err = otlploghttp.New(ctx)
		}
		if err != nil {
			return fmt.Errorf("logs: %w", err)
		}
		opts = append(opts, sdklog.WithProcessor(sdklog.NewBatchProcessor(&logExporter{exporter, t.guard(logs)})))
	}
	provider := sdklog.NewLoggerProvider(opts...)
	t.logs, t.ends = provider, append(t.ends, provider.Shutdown)
	return nil
}
