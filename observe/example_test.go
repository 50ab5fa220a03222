package observe_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/millrace/millrace/observe"
)

func ExampleTrace() {
	untimed := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	log := slog.New(observe.Trace(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: untimed})))
	log.InfoContext(spanned(context.Background()), "order placed", "id", "42")
	// Output:
	// level=INFO msg="order placed" id=42 trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7
}

func ExampleNewHealth() {
	health, err := observe.NewHealth(
		observe.Check{Name: "postgres", Ask: func(context.Context) error { return nil }},
		observe.Check{Name: "redis", Criticality: observe.Advisory, Ask: func(context.Context) error {
			return errors.New("connection refused")
		}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	report := health.Report(context.Background())
	body, _ := json.Marshal(report)
	fmt.Println(report.Status.Ready(), string(body))
	// Output:
	// true {"status":"degraded","checks":{"postgres":"ok","redis":"connection refused"}}
}

func ExampleNewMeter() {
	m := observe.NewMeter(noop.NewMeterProvider(), "example.org/shop")
	orders := m.Counter("shop.orders", "", "Orders that were placed.")
	open := m.Gauge("shop.open", "", "Orders that are not sent yet.")
	end := m.Observe(func(_ context.Context, o metric.Observer) { o.ObserveInt64(open, 3) }, open)
	defer end()
	if err := m.Err(); err != nil {
		fmt.Println(err)
		return
	}
	orders.Add(context.Background(), 1)
	fmt.Println("measured")
	// Output:
	// measured
}
