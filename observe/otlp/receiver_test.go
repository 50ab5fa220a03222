package otlp_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	logspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/millrace/millrace/observe/otlp"
)

// receiver is an OTLP receiver over HTTP, by opentelemetry.io/docs/specs/otlp.
type receiver struct {
	url    string
	status func() int

	mu      sync.Mutex
	headers http.Header
	spans   []*tracepb.ExportTraceServiceRequest
	metrics []*metricspb.ExportMetricsServiceRequest
	logs    []*logspb.ExportLogsServiceRequest
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: func() int { return http.StatusOK }}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := payload(q)
	r.mu.Lock()
	defer r.mu.Unlock()
	if status := r.status(); err != nil || status != http.StatusOK {
		w.WriteHeader(status)
		return
	}
	r.headers = q.Header
	switch q.URL.Path {
	case "/v1/traces":
		err = keep(&r.spans, &tracepb.ExportTraceServiceRequest{}, body)
	case "/v1/metrics":
		err = keep(&r.metrics, &metricspb.ExportMetricsServiceRequest{}, body)
	case "/v1/logs":
		err = keep(&r.logs, &logspb.ExportLogsServiceRequest{}, body)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
}

func payload(q *http.Request) ([]byte, error) {
	if q.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(q.Body)
	}
	unzipped, err := gzip.NewReader(q.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(unzipped)
}

func keep[M proto.Message](into *[]M, request M, body []byte) error {
	*into = append(*into, request)
	return proto.Unmarshal(body, request)
}

// open sets telemetry up and shuts it down at the end of the test, when whatever is open has been looked at.
func open(t *testing.T, opts ...otlp.Option) *otlp.Telemetry {
	t.Helper()
	telemetry, err := otlp.Open(t.Context(), "shop", opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = telemetry.Shutdown(ctx)
	})
	return telemetry
}

// shut sends what is left.
func shut(t *testing.T, telemetry *otlp.Telemetry) {
	t.Helper()
	if err := telemetry.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}
