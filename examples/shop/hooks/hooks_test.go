package hooks_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/examples/shop"
	"github.com/millrace/millrace/examples/shop/checkout"
	"github.com/millrace/millrace/examples/shop/hooks"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions"
)

var shared pgtest.Shared

func TestMain(m *testing.M) {
	shared.M = m
	goleak.VerifyTestMain(&shared)
}

// desk are hooks at work, with the receiver on a server.
type desk struct {
	*testing.T
	bus      *bus.Bus
	pool     *pgxpool.Pool
	hooks    *hooks.Hooks
	receiver string
	client   *http.Client
	told     chan hooks.Delivery
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, bus: bustest.Open(t), told: make(chan hooks.Delivery, 1000)}
	address, _ := shared.Database(t)
	var err error
	if d.pool, err = pgxpool.New(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.pool.Close)
	if err := shop.Migrate(t.Context(), d.pool); err != nil {
		t.Fatal(err)
	}
	seal, err := hooks.SealKey(t.Context(), d.pool)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	d.receiver = "http://" + server.Listener.Addr().String() + "/hooks/receiver"
	if d.hooks, err = hooks.New(d.pool, d.bus, hooks.Config{Receiver: d.receiver, Seal: seal}); err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = d.hooks.Receiver()
	server.Start()
	t.Cleanup(server.Close)
	d.client = server.Client()
	if err := d.bus.Verify(t.Context(), append(append(d.hooks.Contracts(), checkout.Orders.Contracts()...), shop.OrderPlaced)...); err != nil {
		t.Fatal(err)
	}
	d.run()
	return d
}

func (d *desk) run() {
	ctx, stop := context.WithCancel(d.Context())
	var running sync.WaitGroup
	for _, part := range []func(context.Context) error{
		d.hooks.Run,
		func(ctx context.Context) error {
			return d.hooks.Tell(ctx, d.bus, hooks.From(d.hooks, d.bus, shop.OrderPlaced, func(o shop.Order) (webhooks.Event, error) {
				return webhooks.Event{Type: "order.placed", Data: []byte(`{"order":"` + o.ID + `"}`)}, nil
			}))
		},
		func(ctx context.Context) error {
			return d.hooks.Follow(ctx, d.bus, func(_ context.Context, one hooks.Delivery) error { d.told <- one; return nil },
				func(context.Context, webhooks.Notice) error { return nil })
		},
	} {
		running.Go(func() {
			if err := part(ctx); err != nil && ctx.Err() == nil {
				d.Error(err)
			}
		})
	}
	d.Cleanup(func() {
		stop()
		running.Wait()
	})
}

// register makes an endpoint, once the group runs.
func (d *desk) register(url string, types ...string) hooks.Registered {
	d.Helper()
	for limit := time.Now().Add(time.Minute); ; {
		made, err := d.hooks.Register(d.Context(), url, types...)
		if err == nil {
			return made
		}
		if !errors.Is(err, partitions.ErrNotRunning) || time.Now().After(limit) {
			d.Fatal(err)
		}
	}
}

// delivered waits for the end of so many deliveries.
func (d *desk) delivered(n int) (all []hooks.Delivery) {
	d.Helper()
	for limit := time.After(2 * time.Minute); len(all) < n; {
		select {
		case one := <-d.told:
			if one.Outcome != webhooks.OutcomeFailed {
				all = append(all, one)
			}
		case <-limit:
			d.Fatalf("%d deliveries have ended: %+v", len(all), all)
		}
	}
	return all
}

func TestDelivered(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.register(d.receiver+"?fail=1", "order.placed")
	placed := shop.OrderPlaced.New(shop.Order{ID: "one"})
	for range 2 { // the event comes twice
		if err := d.bus.Publish(t.Context(), placed).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.bus.Publish(t.Context(), shop.OrderPlaced.New(shop.Order{ID: "two"})).Err(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, one := range d.delivered(2) {
		if seen[one.Event] = true; one.Attempt != 2 || one.Status != http.StatusNoContent || one.Type != "order.placed" || one.Next != nil {
			t.Errorf("%+v", one)
		}
	}
	report, err := d.hooks.Report(t.Context())
	if err != nil || report.Received != (hooks.Received{Events: 2, Refused: 2}) || len(report.Deliveries) != 2 || len(seen) != 2 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestForged(t *testing.T) {
	t.Parallel()
	d := open(t)
	send := func(key webhooks.Key) int {
		body := `{"type":"order.placed"}`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.receiver, strings.NewReader(body))
		if err == nil {
			err = webhooks.Sign(r.Header, "msg_1", time.Now(), []byte(body), key)
		}
		if err != nil {
			t.Fatal(err)
		}
		answer, err := d.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	if got := send(webhooks.NewSecret()); got != http.StatusUnauthorized {
		t.Errorf("without endpoints: %d", got)
	}
	made := d.register(d.receiver)
	key, err := webhooks.ParseKey(made.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if got, forged := send(key), send(webhooks.NewSecret()); got != http.StatusNoContent || forged != http.StatusUnauthorized {
		t.Errorf("signed %d, forged %d", got, forged)
	}
	if err := d.hooks.Remove(t.Context(), made.Endpoint.ID); err != nil {
		t.Fatal(err)
	}
	if got := send(key); got != http.StatusUnauthorized {
		t.Errorf("by the key of an endpoint that is gone: %d", got)
	}
}

func TestWhereTo(t *testing.T) {
	t.Parallel()
	d := open(t)
	made := d.register(d.receiver + "?fail=0")
	for _, target := range []string{
		"", "http://example.com/hooks", "https://127.0.0.1/hooks", "https://10.0.0.1/hooks", "https://localhost/hooks",
		strings.Replace(d.receiver, "http", "https", 1), strings.TrimSuffix(d.receiver, "receiver"), "https://example.com:8443/",
	} {
		if _, err := d.hooks.Register(t.Context(), target); !errors.Is(err, webhooks.ErrSettings) {
			t.Errorf("%q: %v", target, err)
		}
	}
	d.register("https://example.com/hooks", "order.shipped")
	found, err := d.hooks.Endpoints(t.Context())
	if err != nil || len(found) != 2 {
		t.Errorf("%+v, %v", found, err)
	}
	if err := errors.Join(d.hooks.Remove(t.Context(), made.Endpoint.ID), d.hooks.Remove(t.Context(), "none")); !errors.Is(err,
		webhooks.ErrNoEndpoint) {
		t.Errorf("removed: %v", err)
	}
}
