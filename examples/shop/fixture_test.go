package shop_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/examples/shop"
	"github.com/millrace/millrace/examples/shop/hooks"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/push"
)

// fixture is a shop on a database and a broker of its own, behind an HTTP server.
type fixture struct {
	*testing.T
	url    string
	dbURL  string
	pool   *pgxpool.Pool
	bus    *bus.Bus
	shop   *shop.Shop
	hub    *push.Hub
	relay  *outbox.Relay
	client *http.Client
}

// open makes a shop whose parts do not run yet; wrap may stand before its handler.
func open(t *testing.T, wrap func(http.Handler) http.Handler, opts ...shop.Option) *fixture {
	t.Helper()
	f := &fixture{T: t, bus: bustest.Open(t)}
	address, slot := shared.Database(t)
	f.dbURL = address
	var err error
	if f.pool, err = pgxpool.New(t.Context(), f.dbURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.pool.Close)
	if err := errors.Join(outbox.Migrate(t.Context(), f.pool, outbox.Slot(slot)), shop.Migrate(t.Context(), f.pool)); err != nil {
		t.Fatal(err)
	}
	if f.hub, err = push.New(f.bus); err != nil {
		t.Fatal(err)
	}
	if f.relay, err = outbox.NewRelay(f.dbURL, outbox.Slot(slot)); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	seal, err := hooks.SealKey(t.Context(), f.pool)
	if err != nil {
		t.Fatal(err)
	}
	opts = append(opts, shop.Webhooks(hooks.Config{Receiver: "http://" + server.Listener.Addr().String() + "/hooks/receiver", Seal: seal}))
	f.shop, err = shop.New(shop.Deps{Pool: f.pool, Bus: f.bus, Hub: f.hub}, append(opts, shop.Outbox(func(context.Context) (shop.OutboxLag, error) {
		status := f.relay.Status()
		return shop.OutboxLag{Bytes: max(status.Lag, 0), Running: status.Working}, nil
	}))...)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.bus.Verify(t.Context(), f.shop.Contracts()...); err != nil {
		t.Fatal(err)
	}
	handler := f.shop.Handler()
	if wrap != nil {
		handler = wrap(handler)
	}
	server.Config.Handler = handler
	server.Start()
	f.url, f.client = server.URL, server.Client()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return f
}

// run starts the relay, the hub and the shop, and ends them with the test.
func (f *fixture) run() {
	f.Helper()
	group, err := partitions.New(f.bus, "outbox", f.relay.Part(), partitions.Lanes(1), partitions.Shards(1))
	if err != nil {
		f.Fatal(err)
	}
	ctx, stop := context.WithCancel(f.Context())
	var running sync.WaitGroup
	for name, part := range map[string]func(context.Context) error{"relay": group.Run, "hub": f.hub.Run, "shop": f.shop.Run} {
		running.Go(func() {
			if err := part(ctx); err != nil {
				f.Errorf("%s: %v", name, err)
			}
		})
	}
	f.Cleanup(func() {
		stop()
		running.Wait()
	})
	select {
	case <-f.hub.Ready():
	case <-time.After(30 * time.Second):
		f.Fatal("the hub is not ready")
	}
}

// answer is an HTTP answer that has been read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (f *fixture) send(method, path, contentType, body string) answer {
	f.Helper()
	request, err := http.NewRequestWithContext(f.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := f.client.Do(request)
	if err != nil {
		f.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		f.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(read)}
}

func (f *fixture) post(body string) answer {
	f.Helper()
	return f.send(http.MethodPost, "/orders", "application/json", body)
}

func (f *fixture) get(path string) answer {
	f.Helper()
	return f.send(http.MethodGet, path, "", "")
}

// count runs a query that gives one number.
func (f *fixture) count(query string) (n int) {
	f.Helper()
	if err := f.pool.QueryRow(f.Context(), query).Scan(&n); err != nil {
		f.Fatal(err)
	}
	return n
}

func order(id, customer string) string {
	return `{"id":"` + id + `","customer":"` + customer +
		`","items":[{"sku":"cups-02","quantity":2,"price_cents":2400},{"sku":"filters-100","quantity":1,"price_cents":750}]}`
}
