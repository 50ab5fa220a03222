package push_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a hub behind a test server. The header Tenant chooses the tenant.
func serve(t *testing.T, b *bus.Bus, opts ...push.Option) (url string, stop func()) {
	t.Helper()
	hub, err := push.New(b, opts...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := hub.Run(ctx); err != nil {
			t.Errorf("hub: %v", err)
		}
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := request.Info{Tenant: request.Tenant(r.Header.Get("Tenant"))}
		hub.SSE().ServeHTTP(w, r.WithContext(request.With(r.Context(), info)))
	}))
	stop = sync.OnceFunc(func() { cancel(); running.Wait(); server.Close() })
	t.Cleanup(stop)
	<-hub.Ready()
	return server.URL, stop
}

func publish(t *testing.T, b *bus.Bus, channel push.Channel[string], key string, views ...string) {
	t.Helper()
	if err := channel.Publish(t.Context(), b, key, views...).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestTenantIsolation(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	memory, _ := serve(t, b)
	kafka, _ := serve(t, b, push.History(0, 0))
	acme := connect(t, memory+"?channel=news", "", "Tenant", "acme")
	other := connect(t, memory+"?channel=news", "", "Tenant", "other")
	none := connect(t, memory+"?channel=news", "")
	begin := none.lastID
	news := push.Define[string]("news")
	for _, tenant := range []string{"acme", "other", "third"} {
		ctx := request.With(t.Context(), request.Info{Tenant: request.Tenant(tenant)})
		if err := news.Publish(ctx, b, "1", "for "+tenant).Err(); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, b, news, "2", "for all")
	expect := func(s *stream, want ...string) {
		t.Helper()
		for _, each := range want {
			if got, _ := s.next(); got.data != `"`+each+`"` {
				t.Errorf("got %+v, want %s", got, each)
			}
		}
	}
	expect(acme, "for acme", "for all")
	expect(other, "for other", "for all")
	expect(none, "for all")
	for _, url := range []string{memory, kafka} {
		expect(connectFrom(t, url+"?channel=news", begin, "Tenant", "acme"), "for acme", "for all")
		expect(connectFrom(t, url+"?channel=news/1", begin, "Tenant", "other"), "for other")
		expect(connectFrom(t, url+"?channel=news", begin), "for all")
	}
}

func TestSubject(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := serve(t, b)
	one := connect(t, url+"?channel=news/2", "")
	news := push.Define[string]("news")
	publish(t, b, news, "1", "not this")
	publish(t, b, news, "2", "this")
	if got, _ := one.next(); got.data != `"this"` || got.name != "news" {
		t.Errorf("got %+v", got)
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, stop := serve(t, b)
	other, _ := serve(t, b)
	s := connect(t, url+"?channel=quiet", "")
	noisy := connect(t, url+"?channel=noise", "")
	publish(t, b, push.Define[string]("noise"), "k", "x")
	noisy.next()
	s.retry = ""
	var stopping sync.WaitGroup
	stopping.Go(stop)
	if got, more := s.next(); more {
		t.Errorf("got %+v from a stopping hub", got)
	}
	if s.retry == "" {
		t.Error("the client was not told when to come back")
	}
	if s.lastID != noisy.lastID {
		t.Errorf("the client stands at %s, the hub at %s", s.lastID, noisy.lastID)
	}
	stopping.Wait()
	resumed := connectFrom(t, other+"?channel=quiet", s.lastID)
	publish(t, b, push.Define[string]("quiet"), "k", "after")
	if got, _ := resumed.next(); got.data != `"after"` {
		t.Errorf("got %+v from the other hub", got)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := serve(t, b)
	for target, want := range map[string]int{
		"": 400, "?channel=": 400, "?channel=a/": 400, "?channel=a&channel=a/1": 400, "?channel=a%0a": 400,
	} {
		resp, err := http.Get(url + target)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%q: %d %s", target, resp.StatusCode, resp.Header.Get("Content-Type"))
		}
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"?channel=a", nil)
	req.Header.Set("Origin", "https://evil.example")
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("another origin: %v %v", resp, err)
	}
	_ = resp.Body.Close()
}
