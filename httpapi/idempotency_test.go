package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/httpapi"
)

// pods are two processes of one application on one Redis.
type pods struct {
	redis *redisServer
	said  *spoken
	ran   atomic.Int64
	all   [2]http.Handler
}

func newPods(t *testing.T, h http.HandlerFunc, opts ...httpapi.IdempotencyOption) *pods {
	t.Helper()
	p := &pods{redis: startRedis(t)}
	for i := range p.all {
		e, said := newErrors(t)
		p.said = said
		answers, err := httpapi.NewRedisAnswers(p.redis.client(), "shop", time.Second)
		if err != nil {
			t.Fatal(err)
		}
		once, err := httpapi.Idempotency(e, answers, opts...)
		if err != nil {
			t.Fatal(err)
		}
		identify, err := httpapi.Identify(e, badges{}, httpapi.Anonymous())
		if err != nil {
			t.Fatal(err)
		}
		p.all[i] = e.Recover(httpapi.RequestID(identify(once(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p.ran.Add(1)
			h(w, r)
		})))))
	}
	return p
}

func (p *pods) post(t testing.TB, pod int, path, body, key string, header ...string) reply {
	t.Helper()
	return ask(t, p.all[pod], "POST", path, body, append([]string{"Idempotency-Key", key}, header...)...)
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	var p *pods
	p = newPods(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Location", "/orders/1")
		w.Header().Set("Set-Cookie", "session=confidential")
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, "%s, run %d", body, p.ran.Load())
	})
	first := p.post(t, 0, "/orders", "two cups", `"k1"`, "Badge", "ann acme")
	if first.status != 201 || first.body != "two cups, run 1" || first.header.Get("Idempotency-Replayed") != "" ||
		first.header.Get("Set-Cookie") == "" {
		t.Fatalf("%+v", first)
	}
	again := p.post(t, 1, "/orders", "two cups", "k1", "Badge", "ann acme") // in another process, and the key bare
	if again.status != 201 || again.body != first.body || again.header.Get("Location") != "/orders/1" ||
		again.header.Get("Idempotency-Replayed") != "true" ||
		again.header.Get("Set-Cookie") != "" || again.header.Get("X-Request-Id") == first.header.Get("X-Request-Id") {
		t.Errorf("%+v", again)
	}
	for what, got := range map[string]reply{
		"another body":   p.post(t, 1, "/orders", "three cups", "k1", "Badge", "ann acme"),
		"another path":   p.post(t, 1, "/refunds", "two cups", "k1", "Badge", "ann acme"),
		"another query":  p.post(t, 1, "/orders?x", "two cups", "k1", "Badge", "ann acme"),
		"another type":   p.post(t, 1, "/orders", "two cups", "k1", "Badge", "ann acme", "Content-Type", "text/plain"),
		"another method": ask(t, p.all[0], "PATCH", "/orders", "two cups", "Idempotency-Key", "k1", "Badge", "ann acme"),
	} {
		if got.status != 422 || got.problem.Status != 422 {
			t.Errorf("%s: %+v", what, got)
		}
	}
	if p.ran.Load() != 1 {
		t.Errorf("it ran %d times", p.ran.Load())
	}
	for i, badge := range []string{"bob acme", "ann other", ""} {
		if got := p.post(t, 0, "/orders", "two cups", "k1", "Badge", badge); got.body != fmt.Sprintf("two cups, run %d", i+2) {
			t.Errorf("%q gets another's answer: %+v", badge, got)
		}
	}
	ran := p.ran.Load()
	for _, key := range []string{"", `""`, `"a`, `"a" "b"`, "a b", strings.Repeat("x", 256), "1, 2", "ü"} {
		if got := p.post(t, 0, "/orders", "two cups", key); got.status != 400 {
			t.Errorf("%q: %+v", key, got)
		}
	}
	if got := p.post(t, 0, "/orders", "two cups", "a", "Idempotency-Key", "b"); got.status != 400 || p.ran.Load() != ran {
		t.Errorf("two keys: %+v", got)
	}
	if a, b := ask(t, p.all[0], "POST", "/", "x"), ask(t, p.all[0], "PUT", "/", "x", "Idempotency-Key", "k1"); a.status != 201 || b.status != 201 {
		t.Errorf("without a key, and a method that may be repeated: %+v %+v", a, b)
	}
}

func TestIdempotencyWhileItRuns(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	p := newPods(t, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "done")
	})
	var first sync.WaitGroup
	first.Go(func() {
		if got := p.post(t, 0, "/", "x", "k"); got.body != "done" {
			t.Errorf("%+v", got)
		}
	})
	<-entered
	if got := p.post(t, 1, "/", "x", "k"); got.status != 409 || got.header.Get("Retry-After") == "" {
		t.Errorf("%+v", got)
	}
	if got := p.post(t, 1, "/", "y", "k"); got.status != 422 {
		t.Errorf("%+v", got)
	}
	close(release)
	first.Wait()
	if got := p.post(t, 1, "/", "x", "k"); got.body != "done" || p.ran.Load() != 1 {
		t.Errorf("%+v after %d runs", got, p.ran.Load())
	}
}

// TestFailuresAreNotKept fails in each way first, and then does not.
func TestFailuresAreNotKept(t *testing.T) {
	t.Parallel()
	var failed sync.Map
	p := newPods(t, func(w http.ResponseWriter, r *http.Request) {
		if _, twice := failed.LoadOrStore(r.URL.Path, true); twice {
			_, _ = io.WriteString(w, "done")
			return
		}
		switch r.URL.Path {
		case "/500":
			w.WriteHeader(500)
		case "/429":
			w.WriteHeader(429)
		case "/panic":
			panic("broken")
		case "/404":
			w.WriteHeader(404)
		case "/502":
			w.WriteHeader(502)
		case "/504":
			w.WriteHeader(504)
		case "/abort":
			panic(http.ErrAbortHandler)
		}
	})
	for _, path := range []string{"/502", "/504", "/abort"} {
		func() {
			defer func() { _ = recover() }()
			p.post(t, 0, path, "x", path)
		}()
		if got := p.post(t, 1, path, "x", path); got.status != 409 {
			t.Errorf("%s: nobody knows whether it runs still: %+v", path, got)
		}
	}
	for path, want := range map[string][2]int{"/500": {500, 200}, "/429": {429, 200}, "/panic": {500, 200}, "/404": {404, 404}} {
		if first, second := p.post(t, 0, path, "x", path), p.post(t, 1, path, "x", path); first.status != want[0] || second.status != want[1] {
			t.Errorf("%s: %d, then %d", path, first.status, second.status)
		}
	}
}

func TestIdempotencySizes(t *testing.T) {
	t.Parallel()
	p := newPods(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			_, _ = io.WriteString(w, "123")
			_, _ = io.WriteString(w, "456")
		case "/stream":
			_, _ = io.WriteString(w, "1")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, "2")
		case "/stream/large":
			_, _ = io.WriteString(w, "123")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, "456")
		}
	}, httpapi.Sizes(4, 5))
	for _, pod := range []int{0, 1} {
		if got := p.post(t, pod, "/stream", "x", "flushed"); got.status != 200 || got.body != "12" || p.ran.Load() != 1 {
			t.Errorf("a small answer that is flushed: %+v", got)
		}
	}
	p.ran.Store(0)
	for path, want := range map[string]string{"/large": "123456", "/stream/large": "123456"} {
		if first := p.post(t, 0, path, "x", path); first.status != 200 || first.body != want {
			t.Errorf("%s: %+v", path, first)
		}
		if again := p.post(t, 1, path, "x", path); again.status != 409 || !strings.Contains(again.problem.Detail, "too large") {
			t.Errorf("%s: %+v", path, again)
		}
	}
	if got := p.post(t, 0, "/", "12345", "k"); got.status != 413 || p.ran.Load() != 2 {
		t.Errorf("%+v", got)
	}
}
