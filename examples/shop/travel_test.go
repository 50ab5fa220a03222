package shop_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/examples/shop"
	"github.com/millrace/millrace/request"
)

func TestOrderTravelsToTheEventStream(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.run()
	events := f.follow()
	if got := f.post(order("one", "Ada")); got.status != 201 {
		t.Fatalf("placed: %d %s", got.status, got.body)
	}
	view := events()
	if view.Order.ID != "one" || view.Order.TotalCents != 5550 || len(view.Order.Items) != 2 || view.Status != shop.StatusAccepted {
		t.Errorf("order: %+v", view)
	}
	if e := view.Event; e.Topic != "outbox.event.order" || e.Key != "one" || e.Type != "shop.order.placed" || e.ID == "" || e.Offset != 0 {
		t.Errorf("event: %+v", e)
	}
	if trace := view.Trace; trace.PlacedAt.IsZero() || trace.HandledAt.Before(trace.PlacedAt) || trace.SentAt.Before(trace.AcceptedAt) {
		t.Errorf("trace: %+v", trace)
	}
	var state shop.OrderState
	if err := json.Unmarshal([]byte(f.get("/orders/one").body), &state); err != nil {
		t.Fatal(err)
	}
	if state.Status != shop.StatusAccepted || state.AcceptedAt.IsZero() {
		t.Errorf("state: %+v", state)
	}
	f.until("no lag", func() bool {
		var lags shop.Lags
		got := f.get("/lag")
		return got.status == 200 && json.Unmarshal([]byte(got.body), &lags) == nil && lags.Lag == 0
	})
}

func TestFulfilmentIsIdempotent(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.run()
	events := f.follow()
	message := shop.OrderPlaced.New(shop.Order{ID: "one", Customer: "Ada"})
	for range 2 {
		if err := f.bus.Publish(t.Context(), message).Err(); err != nil {
			t.Fatal(err)
		}
	}
	first := events()
	accepted := f.count(`SELECT extract(epoch FROM accepted_at) * 1000000 FROM shop.fulfilments`)
	second := events()
	if first.Event.ID != second.Event.ID || first.Event.Offset == second.Event.Offset {
		t.Errorf("views of one event at two offsets: %+v and %+v", first.Event, second.Event)
	}
	if n := f.count(`SELECT count(*) FROM shop.fulfilments`); n != 1 {
		t.Errorf("%d fulfilments, want 1", n)
	}
	if again := f.count(`SELECT extract(epoch FROM accepted_at) * 1000000 FROM shop.fulfilments`); again != accepted {
		t.Errorf("accepted at %d and again at %d", accepted, again)
	}
}

func TestRequestIDTravels(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.run()
	asked := f.post(order("one", "Ada")).header.Get(request.HTTP().ID)
	for record, err := range f.bus.Read(t.Context(), shop.OrderPlaced.Contract().Topic(), bus.Earliest) {
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := record.Headers.Get(request.Kafka().ID); got != asked || asked == "" {
			t.Errorf("the answer says %q, the event %q", asked, got)
		}
		break
	}
}

// follow opens the event stream and returns a function that waits for its next view.
func (f *fixture) follow() func() shop.OrderView {
	f.Helper()
	request, err := http.NewRequestWithContext(f.Context(), http.MethodGet, f.url+"/events?channel=orders", nil)
	if err != nil {
		f.Fatal(err)
	}
	response, err := f.client.Do(request)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		f.Fatalf("the event stream answered %s, %s", response.Status, response.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(response.Body)
	return func() (view shop.OrderView) {
		f.Helper()
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok || !strings.HasPrefix(data, `{"order"`) {
				continue
			}
			if err := json.Unmarshal([]byte(data), &view); err != nil {
				f.Fatal(err)
			}
			return view
		}
		f.Fatal("the event stream ended: ", lines.Err())
		return view
	}
}
