package otlp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/observe/otlp"
)

func TestShutdownIsBounded(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		select {
		case <-release:
		case <-q.Context().Done():
		}
	}))
	defer server.Close()
	defer close(release)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	telemetry := open(t)
	_, span := telemetry.Tracer().Tracer("test").Start(t.Context(), "held up")
	span.End()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := telemetry.Shutdown(ctx)
	if took := time.Since(began); took > 5*time.Second || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after %s: %v", took, err)
	}
	if err := telemetry.Shutdown(t.Context()); err != nil {
		t.Errorf("a second call: %v", err)
	}
}

func TestShutdownTellsWhatIsLost(t *testing.T) {
	r := newReceiver(t)
	r.status = func() int { return http.StatusUnauthorized }
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", r.url+"/v1/traces")
	telemetry := open(t)
	_, span := telemetry.Tracer().Tracer("test").Start(t.Context(), "refused")
	span.End()
	if err := telemetry.Shutdown(t.Context()); err == nil || !strings.Contains(err.Error(), "traces") || !strings.Contains(err.Error(), "401") {
		t.Errorf("%v", err)
	}
}

func TestScrape(t *testing.T) {
	port := freePort(t)
	t.Setenv("OTEL_METRICS_EXPORTER", "prometheus")
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1")
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", port)
	telemetry := open(t)
	counter, err := telemetry.Meter().Meter("test").Int64Counter("orders.placed")
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(t.Context(), 3)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- telemetry.Run(ctx) }()
	text := scrape(t, "http://127.0.0.1:"+port+"/metrics")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !strings.Contains(text, "orders_placed_total{") || !strings.Contains(text, "} 3\n") || !strings.Contains(text, `service_name="shop"`) {
		t.Errorf("%s", text)
	}
}

func TestScrapePortInUse(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	t.Setenv("OTEL_METRICS_EXPORTER", "prometheus")
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1")
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", port)
	if err := open(t).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "OTEL_EXPORTER_PROMETHEUS_PORT") {
		t.Errorf("%v", err)
	}
}

func TestScrapeIsOff(t *testing.T) {
	t.Parallel()
	telemetry := open(t)
	answer := httptest.NewRecorder()
	telemetry.Scrape().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), "OTEL_METRICS_EXPORTER=prometheus") {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := telemetry.Run(ctx); err != nil {
		t.Error(err)
	}
}

func TestOpenValidates(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func() (*otlp.Telemetry, error){
		"service": func() (*otlp.Telemetry, error) { return otlp.Open(t.Context(), "") },
		"logger":  func() (*otlp.Telemetry, error) { return otlp.Open(t.Context(), "shop", otlp.Logger(nil)) },
		"console": func() (*otlp.Telemetry, error) { return otlp.Open(t.Context(), "shop", otlp.Console(nil)) },
	} {
		if _, err := open(); err == nil {
			t.Errorf("without %s: accepted", name)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

// scrape asks until the server listens.
func scrape(t *testing.T, url string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(q)
		if err != nil {
			continue
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatal(answer.Status, err)
		}
		return string(body)
	}
}
