//go:build synctests

package partitions_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestForwardedOnce has an owner whose connection breaks when it has done what a request with an idempotency key asks.
func TestForwardedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		one := w.serve(t, "one", "127.0.0.1:81", secret)
		two := w.serve(t, "two", "127.0.0.1:82", secret)
		<-time.After(15 * time.Second)
		var key string
		for _, account := range accounts {
			if owner, _, _ := one.group.Owner(account); owner.ID == "two" {
				key = account
			}
		}
		var ran atomic.Int64
		var told atomic.Value
		does := two.server.Handler
		two.server.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Breaks") == "" {
				does.ServeHTTP(rw, r)
				return
			}
			does.ServeHTTP(httptest.NewRecorder(), r)
			told.Store(r.Header.Get("Idempotency-Key"))
			ran.Add(1)
			conn, _, err := http.NewResponseController(rw).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
		})
		transport := &http.Transport{DialContext: w.dial}
		defer transport.CloseIdleConnections()
		post := func(header ...string) int {
			r, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://127.0.0.1:81/add?account="+key, strings.NewReader("xyz"))
			for i := 0; i < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
			response, err := (&http.Client{Transport: transport}).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			_, _ = io.Copy(io.Discard, response.Body)
			return response.StatusCode
		}
		post() // a connection is open, which the next request uses
		if got := post("Idempotency-Key", "k", "Breaks", "1", "Millrace-Forwarded-Idempotency-Key", "forged"); got != http.StatusBadGateway || ran.Load() != 1 {
			t.Errorf("the client is told %d, and the owner did it %d times", got, ran.Load())
		}
		if told.Load() != "k" {
			t.Errorf("the owner is told the key %v", told.Load())
		}
		one.stop()
		two.stop()
		one.server.Close()
		two.server.Close()
	})
}
