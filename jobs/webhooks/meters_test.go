package webhooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions"
)

// local is a guard for a server of this machine.
func local(server *httptest.Server) (*webhooks.Guard, error) {
	at, err := netip.ParseAddrPort(server.Listener.Addr().String())
	if err != nil {
		return nil, err
	}
	return webhooks.NewGuard(webhooks.AllowHTTP(), webhooks.Ports(at.Port()), webhooks.AllowNets(netip.PrefixFrom(at.Addr(), at.Addr().BitLen())))
}

// TestMeters counts what becomes of an event at two endpoints, one of which is gone.
func TestMeters(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer server.Close()
	g, err := local(server)
	if err != nil {
		t.Fatal(err)
	}
	hooks := webhooks.Define("counted", webhooks.Through(g), webhooks.Shards(1), webhooks.Logger(slog.New(slog.DiscardHandler)))
	reader := metric.NewManualReader()
	b, err := bus.Open(t.Context(), bustest.Broker(t), bus.Telemetry(noop.NewTracerProvider(), metric.NewMeterProvider(metric.WithReader(reader))))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Verify(t.Context(), hooks.Contracts()...); err != nil {
		t.Fatal(err)
	}
	group, err := partitions.New(b, "counting", hooks.Part())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- group.Run(ctx) }()
	for _, path := range []string{"good", "gone"} {
		err := partitions.ErrNotRunning
		for errors.Is(err, partitions.ErrNotRunning) {
			_, _, err = hooks.Create(t.Context(), group, path, webhooks.Settings{URL: server.URL + "/" + path})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	e := webhooks.Event{ID: "msg_1", Type: "order.placed", Data: json.RawMessage("1")}
	if err := hooks.Send(t.Context(), b, e, e).Err(); err != nil {
		t.Fatal(err)
	}
	left := 2
	for _, err := range bus.Tail(t.Context(), b, hooks.Attempts(), bus.Earliest) {
		if err != nil {
			t.Fatal(err)
		}
		if left--; left == 0 {
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	counted := counts(t, reader)
	for what, want := range map[string]int64{
		"deliveries queued": 2, "deliveries delivered": 1, "attempts delivered2xx": 1, "attempts failed4xx": 1, "disabled ": 1,
	} {
		if got := counted["millrace.webhooks."+what]; got != want {
			t.Errorf("%d are %s, not %d", got, what, want)
		}
	}
}

// counts is what the counters have, by name, outcome and reason.
func counts(t *testing.T, reader *metric.ManualReader) map[string]int64 {
	t.Helper()
	var metrics metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &metrics); err != nil {
		t.Fatal(err)
	}
	counted := make(map[string]int64)
	for _, scope := range metrics.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, is := m.Data.(metricdata.Sum[int64])
			for _, point := range sum.DataPoints {
				outcome, _ := point.Attributes.Value("millrace.webhooks.outcome")
				reason, _ := point.Attributes.Value("millrace.webhooks.reason")
				if is {
					counted[m.Name+" "+outcome.AsString()+reason.AsString()] += point.Value
				}
			}
		}
	}
	return counted
}
