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

// TestIdempotencyWithoutRedis kills the server, in the middle of a request too.
func TestIdempotencyWithoutRedis(t *testing.T) {
	t.Parallel()
	var p *pods
	p = newPods(t, func(w http.ResponseWriter, _ *http.Request) {
		p.redis.kill()
		_, _ = io.WriteString(w, "done")
	})
	if got := p.post(t, 1, "/", "x", "k"); got.status != 200 || got.body != "done" {
		t.Errorf("what was done is not answered: %+v", got)
	}
	if !strings.Contains(p.said.String(), "held until its lease ends") {
		t.Errorf("log: %s", p.said)
	}
	if got := p.post(t, 0, "/", "x", "k2"); got.status != 503 || got.header.Get("Retry-After") == "" || p.ran.Load() != 1 {
		t.Errorf("%+v, %d runs", got, p.ran.Load())
	}
	if got := ask(t, p.all[0], "POST", "/", "x"); got.status != 200 {
		t.Errorf("without a key: %+v", got)
	}
	open := newPods(t, func(http.ResponseWriter, *http.Request) {}, httpapi.WithoutStore())
	open.redis.kill()
	if got := open.post(t, 0, "/", "x", "k"); got.status != 200 || open.ran.Load() != 1 {
		t.Errorf("%+v, %d runs", got, open.ran.Load())
	}
}

// TestLeaseIsRenewed has a request that takes longer than its lease.
func TestLeaseIsRenewed(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	p := newPods(t, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "done")
	}, httpapi.Lease(time.Second))
	var first sync.WaitGroup
	first.Go(func() { p.post(t, 1, "/", "x", "k") })
	<-entered
	for began := time.Now(); time.Since(began) < 2500*time.Millisecond; {
		if got := p.post(t, 0, "/", "x", "k"); got.status != 409 {
			t.Fatalf("after %s: %+v", time.Since(began), got)
		}
	}
	close(release)
	first.Wait()
	if got := p.post(t, 0, "/", "x", "k"); got.body != "done" || p.ran.Load() != 1 {
		t.Errorf("%+v, %d runs", got, p.ran.Load())
	}
}

// TestLeaseEnds has a first request whose claim ends while it runs, as that of a process that hangs does.
func TestLeaseEnds(t *testing.T) {
	t.Parallel()
	var runs atomic.Int64
	entered, release := make(chan struct{}), make(chan struct{})
	p := newPods(t, func(w http.ResponseWriter, _ *http.Request) {
		n := runs.Add(1)
		if n == 1 {
			close(entered)
			<-release
		}
		_, _ = fmt.Fprint(w, n)
	}, httpapi.Lease(time.Second))
	var first sync.WaitGroup
	first.Go(func() { p.post(t, 1, "/", "x", "k") })
	<-entered
	if n, err := p.redis.client().FlushAll(t.Context()).Result(); err != nil {
		t.Fatal(n, err)
	}
	eventually(t, "the key is free", func() bool { return p.post(t, 0, "/", "x", "k").body == "2" })
	close(release)
	first.Wait()
	if got := p.post(t, 0, "/", "x", "k"); got.body != "2" || !strings.Contains(p.said.String(), "may have run twice") {
		t.Errorf("who came too late replaces the answer: %+v, log %s", got, p.said)
	}
}

func TestKeyRequired(t *testing.T) {
	t.Parallel()
	p := newPods(t, func(http.ResponseWriter, *http.Request) {}, httpapi.KeyRequired(), httpapi.Methods("PUT"))
	if a, b := ask(t, p.all[0], "PUT", "/", "x"), ask(t, p.all[0], "POST", "/", "x"); a.status != 400 || b.status != 200 {
		t.Errorf("%+v %+v", a, b)
	}
}
