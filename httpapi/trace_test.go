package httpapi_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/millrace/millrace/httpapi"
)

const (
	remoteTrace = "0af7651916cd43dd8448eb211c80319c"
	traceparent = "00-" + remoteTrace + "-b7ad6b7169203331-01"
)

func TestTrace(t *testing.T) {
	t.Parallel()
	spans, reader := tracetest.NewSpanRecorder(), metric.NewManualReader()
	tp, mp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)), metric.NewMeterProvider(metric.WithReader(reader))
	e, _ := newErrors(t)
	trace, err := httpapi.Trace(tp, mp, func(r *http.Request) bool { return r.Header.Get("X-Stranger") != "" })
	if err != nil {
		t.Fatal(err)
	}
	r := chi.NewRouter()
	r.Use(trace, httpapi.RequestID, e.Recover) // RequestID makes another request of it
	e.Unrouted(r)
	r.Get("/orders/{id}", func(http.ResponseWriter, *http.Request) {})
	r.Route("/shops", func(r chi.Router) { r.Get("/{shop}", func(http.ResponseWriter, *http.Request) { panic("broken") }) })
	for i, test := range []struct {
		path, name, route string
		status            int64
		code              codes.Code
	}{
		{"/orders/42", "GET /orders/{id}", "/orders/{id}", 200, codes.Unset},
		{"/shops/7", "GET /shops/{shop}", "/shops/{shop}", 500, codes.Error},
		{"/nowhere", "GET", "", 404, codes.Unset},
	} {
		ask(t, r, "GET", test.path, "", "traceparent", traceparent)
		span := spans.Ended()[i]
		if span.Name() != test.name || attr(span.Attributes(), "http.response.status_code").AsInt64() != test.status ||
			span.Status().Code != test.code {
			t.Errorf("%s: %s %v %v", test.path, span.Name(), span.Attributes(), span.Status())
		}
		if span.Parent().TraceID().String() != remoteTrace || span.SpanContext().TraceID().String() != remoteTrace ||
			span.SpanKind().String() != "server" {
			t.Errorf("%s: parent %v", test.path, span.Parent())
		}
		if got := points(t, reader)[test.route]; got != 1 {
			t.Errorf("%s: measured %d times", test.path, got)
		}
	}
	ask(t, r, "GET", "/orders/42", "", "traceparent", traceparent, "X-Stranger", "1")
	if span := spans.Ended()[3]; span.Parent().IsValid() || len(span.Links()) != 1 || span.Links()[0].SpanContext.TraceID().String() != remoteTrace {
		t.Errorf("a stranger's trace goes on: %v, links %v", span.Parent(), span.Links())
	}
	if _, err := httpapi.Trace(nil, metricnoop.NewMeterProvider(), nil); err == nil {
		t.Error("no tracer is no error")
	}
}

func attr(all []attribute.KeyValue, key attribute.Key) attribute.Value {
	if i := slices.IndexFunc(all, func(kv attribute.KeyValue) bool { return kv.Key == key }); i >= 0 {
		return all[i].Value
	}
	return attribute.Value{}
}

// points counts the durations of each route. A route's name is never a path.
func points(t *testing.T, reader metric.Reader) map[string]uint64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	found := map[string]uint64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			data, is := m.Data.(metricdata.Histogram[float64])
			if !is || m.Name != "http.server.request.duration" {
				continue
			}
			for _, point := range data.DataPoints {
				for _, kv := range point.Attributes.ToSlice() {
					if strings.Contains(kv.Value.String(), "42") {
						t.Errorf("%s=%s has a path", kv.Key, kv.Value.String())
					}
				}
				route, _ := point.Attributes.Value("http.route")
				found[route.AsString()] += point.Count
			}
		}
	}
	return found
}
