package push_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// gauge reads one of the hub's metrics, summed over its attributes.
func gauge(t *testing.T, reader *metric.ManualReader, name string) (sum int64) {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.WithoutCancel(t.Context()), &all); err != nil {
		t.Fatal(err)
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name != name {
				continue
			}
			switch data := m.Data.(type) {
			case metricdata.Gauge[int64]:
				for _, point := range data.DataPoints {
					sum += point.Value
				}
			case metricdata.Sum[int64]:
				for _, point := range data.DataPoints {
					sum += point.Value
				}
			case metricdata.Histogram[float64]:
				for _, point := range data.DataPoints {
					sum += int64(point.Count)
				}
			}
		}
	}
	return sum
}

func measured() (*metric.ManualReader, push.Option) {
	reader := metric.NewManualReader()
	return reader, push.Metrics(metric.NewMeterProvider(metric.WithReader(reader)))
}

func TestConnectionLimits(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	reader, metrics := measured()
	url, _ := serve(t, b, push.Connections(3, 1), metrics)
	first := connect(t, url+"?channel=a", "", "Tenant", "acme")
	if status, after := get(t, url+"?channel=a", "", "Tenant", "acme"); status != http.StatusTooManyRequests || after == "" {
		t.Errorf("a tenant's second client: %d, Retry-After %q", status, after)
	}
	connect(t, url+"?channel=a", "")
	connect(t, url+"?channel=a", "")
	if status, after := get(t, url+"?channel=a", ""); status != http.StatusServiceUnavailable || after == "" {
		t.Errorf("a fourth client: %d, Retry-After %q", status, after)
	}
	later := connectFrom(t, url+"?channel=a", "", "Accept", "text/event-stream") // as an EventSource asks, which would give up
	if _, more := later.next(); more || later.retry == "" {
		t.Errorf("an EventSource is told %q to come back", later.retry)
	}
	if got := gauge(t, reader, "millrace.push.refusals"); got != 3 {
		t.Errorf("%d refusals counted", got)
	}
	first.close()
	reconnect(t, url+"?channel=a", "").close()
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	const channels, bound = 3000, 1 << 20
	b := bustest.Open(t)
	reader, metrics := measured()
	url, _ := serve(t, b, push.Memory(bound), metrics)
	begin := connect(t, url+"?channel=c0", "").lastID
	var publishing sync.WaitGroup
	for part := range 10 {
		publishing.Go(func() {
			for i := part; i < channels; i += 10 {
				publish(t, b, push.Define[string](fmt.Sprintf("c%d", i)), "k", strings.Repeat("x", 500), "last")
			}
		})
	}
	publishing.Wait()
	for _, i := range []int{0, 1, channels / 2, channels - 1} {
		s := connectFrom(t, fmt.Sprintf("%s?channel=c%d", url, i), begin)
		for _, want := range []int{502, 6} {
			if got, ok := s.next(); !ok || len(got.data) != want {
				t.Errorf("channel %d: %d bytes, want %d", i, len(got.data), want)
			}
		}
	}
	if got := gauge(t, reader, "millrace.push.history"); got > bound || got < bound/2 {
		t.Errorf("the history takes %d bytes, the bound is %d", got, bound)
	}
	for _, name := range []string{"deliveries", "bytes", "connects", "lag", "connections"} {
		if gauge(t, reader, "millrace.push."+name) == 0 {
			t.Errorf("millrace.push.%s is 0", name)
		}
	}
}

// TestLeavingAtAnyMoment ends requests while they wait, resume from memory and from Kafka, and are live.
func TestLeavingAtAnyMoment(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	reader, metrics := measured()
	hub, ready := running(t, b, push.History(5, time.Hour), metrics)
	<-ready
	server := httptest.NewServer(hub.SSE())
	t.Cleanup(server.Close)
	news := push.Define[string]("news")
	begin := connect(t, server.URL+"?channel=news", "")
	publish(t, b, news, "k", make([]string, 2000)...)
	epoch, _, _ := strings.Cut(begin.lastID, "-")
	ids := []string{"", begin.lastID, epoch + "-0.zzzzz", "nonsense"}
	var asking sync.WaitGroup
	for i := range 80 {
		asking.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), rand.N(150*time.Millisecond))
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"?channel=news&last_event_id="+ids[i%len(ids)], nil)
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				return
			}
			buffer := make([]byte, 4096)
			for err == nil {
				_, err = resp.Body.Read(buffer)
			}
			_ = resp.Body.Close()
		})
	}
	asking.Wait()
	begin.close()
	for deadline := time.Now().Add(20 * time.Second); gauge(t, reader, "millrace.push.connections") != 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d clients stay", gauge(t, reader, "millrace.push.connections"))
		}
	}
	s := connect(t, server.URL+"?channel=news", "")
	publish(t, b, news, "k", "the hub works")
	for got, ok := s.next(); got.data != `"the hub works"`; got, ok = s.next() {
		if !ok {
			t.Fatal("the stream ended")
		}
	}
}
