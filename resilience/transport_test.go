package resilience_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/resilience"
)

func again() resilience.RetryPolicy {
	return resilience.RetryPolicy{Attempts: 3, Initial: time.Millisecond, Max: 2 * time.Second, Multiplier: 1}
}

// client sends its requests under the policy to the handler.
func client(t *testing.T, handler http.HandlerFunc, opts ...resilience.Option) (*http.Client, string) {
	t.Helper()
	server := httptest.NewServer(handler)
	inner := &http.Transport{}
	t.Cleanup(func() { inner.CloseIdleConnections(); server.Close() })
	return &http.Client{Transport: resilience.Transport(policy[*http.Response](t, opts...), inner)}, server.URL //nolint:bodyclose // no answer yet
}

func TestTransportRetries(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	c, url := client(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if n := seen.Add(1); n < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write(append([]byte("echo "), body...))
	}, resilience.Retry(again()))
	for _, test := range []struct {
		method, key, body string
		want              int64
		status            int
	}{
		{http.MethodGet, "", "", 3, 200}, {http.MethodPut, "", "x", 3, 200}, {http.MethodPost, "k", "x", 3, 200}, {http.MethodPost, "", "x", 1, 503},
	} {
		seen.Store(0)
		r, err := http.NewRequestWithContext(t.Context(), test.method, url, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		if test.key != "" {
			r.Header.Set("Idempotency-Key", test.key)
		}
		answer, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || seen.Load() != test.want || answer.StatusCode != test.status || string(body) != "echo "+test.body {
			t.Errorf("%s: %d requests, status %d, %q, %v", test.method, seen.Load(), answer.StatusCode, body, err)
		}
	}
	seen.Store(-10)
	answer, err := c.Get(url)
	if err != nil || answer.StatusCode != http.StatusServiceUnavailable || seen.Load() != -7 {
		t.Fatalf("the last answer is to be returned as it is: %v, %v", answer, err)
	}
	if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "echo " {
		t.Errorf("its body: %q, %v", body, err)
	}
	answer.Body.Close()
}

// TestTransportBodies reads a body long after the attempt has ended, under time-outs and hedges that end their contexts with it.
func TestTransportBodies(t *testing.T) {
	t.Parallel()
	var open atomic.Int64
	release := make(chan struct{})
	c, url := client(t, func(w http.ResponseWriter, r *http.Request) {
		if open.Add(1) == 1 { // the first is slow, and loses
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, "one ")
		_ = http.NewResponseController(w).Flush()
		<-release
		_, _ = io.WriteString(w, "two")
	}, resilience.Hedge(resilience.HedgePolicy{After: 20 * time.Millisecond, Most: 1}), resilience.AttemptTimeout(20*time.Second),
		resilience.Timeout(30*time.Second))
	answer, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	close(release)
	if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "one two" {
		t.Errorf("%q, %v", body, err)
	}
	answer.Body.Close()
}

func TestTransportRefuses(t *testing.T) {
	t.Parallel()
	c, url := client(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
			return
		}
		w.WriteHeader(http.StatusBadGateway)
	}, resilience.AttemptTimeout(50*time.Millisecond), resilience.Breaker(resilience.BreakerPolicy{
		Rate: 1, Least: 3, Window: time.Minute, Open: time.Minute, Probes: 1,
	}))
	if _, err := c.Get(url + "/slow"); !errors.Is(err, resilience.ErrTimeout) { //nolint:bodyclose // there is none
		t.Errorf("slow: %v", err)
	}
	for range 2 {
		answer, err := c.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	if _, err := c.Get(url); !errors.Is(err, resilience.ErrOpen) { //nolint:bodyclose // there is none
		t.Errorf("after a time-out and two statuses of 502: %v", err)
	}
}

func TestMiddleware(t *testing.T) {
	t.Parallel()
	hold, inside := make(chan struct{}), make(chan struct{})
	p := policy[int](t, resilience.Bulkhead(1, 0), resilience.AttemptTimeout(10*time.Second), resilience.Breaker(resilience.BreakerPolicy{
		Rate: 1, Least: 3, Window: time.Minute, Open: time.Minute, Probes: 1,
	}))
	serve, err := resilience.Middleware(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	handler := serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hold":
			close(inside)
			<-hold
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w
	}
	done := make(chan int)
	go func() { done <- get("/hold").Code }()
	<-inside
	if w := get("/"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" {
		t.Errorf("full: %d %v", w.Code, w.Header())
	}
	close(hold)
	if code := <-done; code != http.StatusOK {
		t.Errorf("the one who has the place gets %d", code)
	}
	p2 := policy[int](t, resilience.Timeout(20*time.Millisecond))
	serve, _ = resilience.Middleware(p2, nil)
	w := httptest.NewRecorder()
	serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })).
		ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if w.Code != http.StatusGatewayTimeout {
		t.Errorf("slow: %d", w.Code)
	}
	if _, err := resilience.Middleware(policy[int](t, resilience.Retry(again())), nil); err == nil {
		t.Error("a handler that is to be run again is taken")
	}
}

func TestMiddlewareBreaker(t *testing.T) {
	t.Parallel()
	serve, err := resilience.Middleware(policy[int](t, resilience.Breaker(resilience.BreakerPolicy{
		Rate: 1, Least: 2, Window: time.Minute, Open: time.Minute, Probes: 1,
	})), func(w http.ResponseWriter, _ *http.Request, err error) {
		if errors.Is(err, resilience.ErrOpen) {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	handler := serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	var codes []int
	for range 3 {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil))
		codes = append(codes, w.Code)
	}
	if codes[1] != http.StatusInternalServerError || codes[2] != http.StatusTeapot {
		t.Errorf("%v", codes)
	}
}
