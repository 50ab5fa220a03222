package integration_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// balancer sends requests to pods in turn, as a Service does: to those alone whose /readyz was well when it was asked last.
type balancer struct {
	*testing.T
	url    string
	client *http.Client

	mu     sync.Mutex
	pods   []*backend
	turn   int
	broken map[*pod]int // requests that a pod was sent and did not answer
}

// backend is a pod behind a balancer.
type backend struct {
	*pod
	proxy *httputil.ReverseProxy
	ready bool
}

// readyEvery is how often pods are asked whether they are ready.
const readyEvery = 50 * time.Millisecond

// balance starts a balancer, which ends with the test.
func balance(t *testing.T) *balancer {
	t.Helper()
	b := &balancer{T: t, client: httpClient(t), broken: map[*pod]int{}}
	server := httptest.NewServer(b)
	b.url = server.URL
	ctx, cancel := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	asking.Go(func() {
		for tick := time.NewTicker(readyEvery); ctx.Err() == nil; {
			b.ask(ctx)
			select {
			case <-tick.C:
			case <-ctx.Done():
				tick.Stop()
			}
		}
	})
	t.Cleanup(func() {
		server.Close()
		cancel()
		asking.Wait()
	})
	return b
}

// add puts pods behind the balancer.
func (b *balancer) add(pods ...*pod) {
	b.Helper()
	for _, p := range pods {
		at, err := url.Parse(p.url)
		if err != nil {
			b.Fatal(err)
		}
		proxy := httputil.NewSingleHostReverseProxy(at)
		proxy.Transport, proxy.ErrorLog = b.client.Transport, slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		proxy.ErrorHandler = func(w http.ResponseWriter, r *http.Request, _ error) {
			if r.Context().Err() == nil {
				b.mu.Lock()
				b.broken[p]++
				b.mu.Unlock()
			}
			w.WriteHeader(http.StatusBadGateway)
		}
		b.mu.Lock()
		b.pods = append(b.pods, &backend{pod: p, proxy: proxy})
		b.mu.Unlock()
	}
	b.ask(b.Context())
}

// remove takes a pod that has ended from behind the balancer.
func (b *balancer) remove(p *pod) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, at := range b.pods {
		if at.pod == p {
			b.pods = append(b.pods[:i:i], b.pods[i+1:]...)
			return
		}
	}
}

// ask asks all pods whether they are ready.
func (b *balancer) ask(ctx context.Context) {
	b.mu.Lock()
	pods := append([]*backend(nil), b.pods...)
	b.mu.Unlock()
	for _, p := range pods {
		ready := status(ctx, b.client, p.url+"/readyz") == http.StatusOK
		b.mu.Lock()
		p.ready = ready
		b.mu.Unlock()
	}
}

// status is that of a GET, 0 where there is no answer.
func status(ctx context.Context, client *http.Client, address string) int {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0
	}
	response, err := client.Do(r)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // so that the connection is used again
	return response.StatusCode
}

// next is the pod whose turn it is.
func (b *balancer) next() *backend {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.pods {
		b.turn++
		if p := b.pods[b.turn%len(b.pods)]; p.ready {
			return p
		}
	}
	return nil
}

// ServeHTTP waits for a pod that is ready: probes that are late are no fault of the pods.
func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	late := time.NewTimer(patience)
	defer late.Stop()
	p := b.next()
	for ; p == nil; p = b.next() {
		select {
		case <-time.After(readyEvery):
		case <-r.Context().Done():
			return
		case <-late.C:
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
	}
	p.proxy.ServeHTTP(w, r)
}
