package otlp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const scrapeTimeout = 10 * time.Second

// Scrape answers Prometheus in its text formats. Without prometheus in OTEL_METRICS_EXPORTER it answers 404.
func (t *Telemetry) Scrape() http.Handler {
	if t.scraped == nil {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "set OTEL_METRICS_EXPORTER=prometheus", http.StatusNotFound)
		})
	}
	return promhttp.HandlerFor(t.scraped, promhttp.HandlerOpts{Timeout: scrapeTimeout})
}

// Run serves /metrics at OTEL_EXPORTER_PROMETHEUS_HOST and _PORT until ctx ends. Where Prometheus was not asked for it
// only waits. Applications that serve [Telemetry.Scrape] on a port of their own need no Run.
func (t *Telemetry) Run(ctx context.Context) error {
	if t.scraped == nil {
		<-ctx.Done()
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", t.address)
	if err != nil {
		return fmt.Errorf("otlp: run: metrics cannot be served; see OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", t.Scrape())
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: scrapeTimeout, ReadTimeout: scrapeTimeout, WriteTimeout: 2 * scrapeTimeout,
		ErrorLog: slog.NewLogLogger(t.config.logger.Handler(), slog.LevelWarn),
	}
	t.config.logger.InfoContext(ctx, "metrics are served", "address", listener.Addr().String())
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), scrapeTimeout)
		defer cancel()
		stopped <- server.Shutdown(limit)
	})
	if err := server.Serve(listener); stop() || !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("otlp: run: %w", err)
	}
	if err := <-stopped; err != nil {
		return fmt.Errorf("otlp: run: a scrape was cut: %w", errors.Join(err, server.Close()))
	}
	return nil
}
