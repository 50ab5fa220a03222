package otlp_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"

	"github.com/millrace/millrace/observe/otlp"
)

func attributes(list []*commonpb.KeyValue) map[string]string {
	values := map[string]string{}
	for _, pair := range list {
		values[pair.GetKey()] = pair.GetValue().GetStringValue()
	}
	return values
}

func TestSignalsReachReceiver(t *testing.T) {
	r := newReceiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", r.url)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc")
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	t.Setenv("OTEL_SERVICE_NAME", "orders")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
	telemetry := open(t, otlp.Version("v1.2.3"))
	ctx, span := telemetry.Tracer().Tracer("test").Start(t.Context(), "place order")
	counter, err := telemetry.Meter().Meter("test").Int64Counter("orders.placed")
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(ctx, 3)
	slog.New(telemetry.Handler(slog.DiscardHandler)).InfoContext(ctx, "discarded below, so not sent")
	span.End()
	shut(t, telemetry)

	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.spans) != 1 || len(r.metrics) != 1 || len(r.logs) != 0 {
		t.Fatalf("%d requests of spans, %d of metrics, %d of logs", len(r.spans), len(r.metrics), len(r.logs))
	}
	sent := r.spans[0].GetResourceSpans()[0]
	if got := sent.GetScopeSpans()[0].GetSpans()[0]; got.GetName() != "place order" ||
		!bytes.Equal(got.GetSpanId(), func() []byte { id := span.SpanContext().SpanID(); return id[:] }()) {
		t.Errorf("span %v", got)
	}
	about := attributes(sent.GetResource().GetAttributes())
	if about["service.name"] != "orders" || about["service.version"] != "v1.2.3" || about["deployment.environment.name"] != "test" ||
		about["service.instance.id"] == "" {
		t.Errorf("resource %v", about)
	}
	measured := r.metrics[0].GetResourceMetrics()[0].GetScopeMetrics()[0].GetMetrics()[0]
	if measured.GetName() != "orders.placed" || measured.GetSum().GetDataPoints()[0].GetAsInt() != 3 {
		t.Errorf("metric %v", measured)
	}
	if r.headers.Get("Authorization") != "Bearer abc" || r.headers.Get("Content-Encoding") != "gzip" {
		t.Errorf("headers %v", r.headers)
	}
}

func TestRecordsGoBothWays(t *testing.T) {
	r := newReceiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", r.url+"/v1/logs")
	telemetry := open(t)
	var local bytes.Buffer
	logger := slog.New(telemetry.Handler(slog.NewTextHandler(&local, nil))).With("tenant", "acme")
	ctx, span := telemetry.Tracer().Tracer("test").Start(spanned(t.Context()), "unused")
	logger.DebugContext(ctx, "too quiet")
	logger.WarnContext(ctx, "stock is low", "sku", "tea")
	span.End()
	shut(t, telemetry)
	logger.InfoContext(ctx, "after the end")

	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.logs) != 1 {
		t.Fatalf("%d requests", len(r.logs))
	}
	records := r.logs[0].GetResourceLogs()[0].GetScopeLogs()[0].GetLogRecords()
	if len(records) != 1 || records[0].GetBody().GetStringValue() != "stock is low" || records[0].GetSeverityText() != "WARN" {
		t.Fatalf("%v", records)
	}
	if got := attributes(records[0].GetAttributes()); got["tenant"] != "acme" || got["sku"] != "tea" {
		t.Errorf("%v", got)
	}
	want := span.SpanContext().TraceID()
	if !bytes.Equal(records[0].GetTraceId(), want[:]) {
		t.Errorf("trace %x, want %s", records[0].GetTraceId(), want)
	}
	for _, text := range []string{"stock is low", "trace_id=" + want.String(), "after the end"} {
		if !strings.Contains(local.String(), text) {
			t.Errorf("%q misses %q", local.String(), text)
		}
	}
	if strings.Contains(local.String(), "too quiet") {
		t.Error("the level is not kept")
	}
}

func TestOutageIsToldOnce(t *testing.T) {
	r := newReceiver(t)
	status := http.StatusForbidden
	r.status = func() int { return status }
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", r.url+"/v1/traces")
	t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
	log := &lines{arrived: make(chan string, 16)}
	telemetry := open(t, otlp.Logger(slog.New(slog.NewTextHandler(log, nil))))
	tracer := telemetry.Tracer().Tracer("test")
	begin := func(n int) {
		for range n {
			_, span := tracer.Start(t.Context(), "lost")
			span.End()
		}
	}
	begin(3)
	if line := log.next(t); !strings.Contains(line, "telemetry is lost") || !strings.Contains(line, "signal=traces") {
		t.Errorf("%q", line)
	}
	r.mu.Lock()
	status = http.StatusOK
	r.mu.Unlock()
	begin(3)
	if line := log.next(t); !strings.Contains(line, "received again") {
		t.Errorf("%q", line)
	}
	shut(t, telemetry)
	if len(log.arrived) != 0 {
		t.Errorf("told more: %q", <-log.arrived)
	}
}

// lines hands what is logged to the test, line by line.
type lines struct{ arrived chan string }

func (l *lines) Write(line []byte) (int, error) {
	l.arrived <- string(line)
	return len(line), nil
}

func (l *lines) next(t *testing.T) string {
	t.Helper()
	select {
	case line := <-l.arrived:
		return line
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is logged")
		return ""
	}
}
