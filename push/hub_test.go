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
	url, _ := serve(t, b)
	acme := connect(t, url+"?channel=news", "", "Tenant", "acme")
	other := connect(t, url+"?channel=news", "", "Tenant", "other")
	news := push.Define[string]("news")
	ctx := request.With(t.Context(), request.Info{Tenant: "acme"})
	if err := news.Publish(ctx, b, "1", "for acme").Err(); err != nil {
		t.Fatal(err)
	}
	publish(t, b, news, "2", "for all")
	if got, _ := acme.next(); got.data != `"for acme"` {
		t.Errorf("acme got %+v", got)
	}
	if got, _ := other.next(); got.data != `"for all"` {
		t.Errorf("other got %+v", got)
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
	s := connect(t, url+"?channel=news", "")
	s.retry = ""
	var stopping sync.WaitGroup
	stopping.Go(stop)
	if got, more := s.next(); more {
		t.Errorf("got %+v from a stopping hub", got)
	}
	if s.retry == "" {
		t.Error("the client was not told when to come back")
	}
	stopping.Wait()
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := serve(t, b)
	for target, want := range map[string]int{
		"": 400, "?channel=": 400, "?channel=a/": 400, "?channel=a&channel=a/1": 400, "?channel=a%0a": 400,
	} {
		resp, err := http.Get(url + target) //nolint:noctx // a test server
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
