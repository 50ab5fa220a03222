package otlp_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/observe/otlp"
)

func spanned(ctx context.Context) context.Context {
	traceID, _ := trace.TraceIDFromHex("4bf92f3577b34da6a3ce929d0e0e4736")
	spanID, _ := trace.SpanIDFromHex("00f067aa0ba902b7")
	return trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID}))
}

func TestOffByDefault(t *testing.T) {
	r := newReceiver(t)
	for name, variables := range map[string]map[string]string{
		"nothing is set": {},
		"none": {
			"OTEL_EXPORTER_OTLP_ENDPOINT": r.url, "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none",
			"OTEL_LOGS_EXPORTER": "none",
		},
		"disabled": {"OTEL_EXPORTER_OTLP_ENDPOINT": r.url, "OTEL_SDK_DISABLED": "True", "OTEL_TRACES_EXPORTER": "nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range variables {
				t.Setenv(key, value)
			}
			before := runtime.NumGoroutine()
			telemetry := open(t)
			if after := runtime.NumGoroutine(); after > before {
				t.Errorf("%d goroutines run that did not before", after-before)
			}
			_, span := telemetry.Tracer().Tracer("test").Start(t.Context(), "unseen")
			if span.IsRecording() {
				t.Error("spans are recorded")
			}
			span.End()
			shut(t, telemetry)
		})
	}
	if r.headers != nil {
		t.Error("something was sent")
	}
}

func TestVariablesAreChecked(t *testing.T) { //nolint:paralleltest // it sets variables
	bad := map[string]string{
		"OTEL_TRACES_EXPORTER":                  "otlp,zipkin",
		"OTEL_METRICS_EXPORTER":                 "otlp,prometheus",
		"OTEL_LOGS_EXPORTER":                    "otlp",
		"OTEL_EXPORTER_OTLP_PROTOCOL":           "http/xml",
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT":   "collector:4318",
		"OTEL_EXPORTER_OTLP_HEADERS":            "authorization",
		"OTEL_EXPORTER_OTLP_COMPRESSION":        "zstd",
		"OTEL_EXPORTER_OTLP_TIMEOUT":            "10s",
		"OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE":   filepath.Join(t.TempDir(), "missing.pem"),
		"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": os.Args[0],
		"OTEL_EXPORTER_PROMETHEUS_PORT":         "70000",
		"OTEL_RESOURCE_ATTRIBUTES":              "team",
		"OTEL_TRACES_SAMPLER":                   "often",
		"OTEL_BSP_MAX_QUEUE_SIZE":               "-1",
		"OTEL_BLRP_SCHEDULE_DELAY":              "soon",
		"OTEL_METRIC_EXPORT_INTERVAL":           "1m",
		"OTEL_SDK_DISABLED":                     "yes",
	}
	for name, value := range bad {
		t.Setenv(name, value)
	}
	_, err := otlp.Open(t.Context(), "shop")
	if err == nil {
		t.Fatal("accepted")
	}
	delete(bad, "OTEL_METRICS_EXPORTER")
	delete(bad, "OTEL_LOGS_EXPORTER")
	for name := range bad {
		if strings.Count(err.Error(), name) != 1 {
			t.Errorf("%s is told %d times in:\n%v", name, strings.Count(err.Error(), name), err)
		}
	}
}

func TestErrorsHoldNoSecrets(t *testing.T) { //nolint:paralleltest // it sets variables
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT":        "https://user:geheim@collector:4318",
		"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT":   "collector geheim",
		"OTEL_EXPORTER_OTLP_HEADERS":         "authorization=geheim%",
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS":  "geheim",
		"OTEL_RESOURCE_ATTRIBUTES":           "token geheim",
		"OTEL_EXPORTER_OTLP_CLIENT_KEY":      "/run/geheim",
		"OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "1s",
	} {
		t.Setenv(name, value)
	}
	_, err := otlp.Open(t.Context(), "shop")
	if err == nil || strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), "collector:") {
		t.Errorf("%v", err)
	}
}

func TestConsole(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "console")
	t.Setenv("OTEL_METRICS_EXPORTER", "console")
	t.Setenv("OTEL_LOGS_EXPORTER", "console")
	var out bytes.Buffer
	telemetry := open(t, otlp.Console(&out))
	_, span := telemetry.Tracer().Tracer("test").Start(t.Context(), "on the console")
	span.End()
	shut(t, telemetry)
	if !strings.Contains(out.String(), "on the console") {
		t.Errorf("%q", out.String())
	}
}
