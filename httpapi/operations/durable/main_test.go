package durable_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/httpapi/operations/durable"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// teller says who asks, and for which tenant, by headers.
type teller struct{}

func (teller) Authenticate(r *http.Request) (httpapi.Identity, error) {
	who, role, _ := strings.Cut(r.Header.Get("Who"), "/")
	if who == "" {
		return httpapi.Identity{}, httpapi.ErrAnonymous
	}
	id := httpapi.Identity{Principal: request.Principal(who), Tenant: request.Tenant(r.Header.Get("Of"))}
	if role != "" {
		id.Roles = []string{role}
	}
	return id, nil
}

// allow lets all but eve do what they want.
func allow(ctx context.Context, to durable.Access) error {
	if request.From(ctx).Principal == "eve" {
		return &httpapi.Problem{Status: http.StatusForbidden, Detail: "eve may not " + string(to.Verb) + " " + to.Of + " " + to.ID + " " + to.Name}
	}
	return nil
}

// pod is a node and its server.
type pod struct {
	*testing.T
	group  *partitions.Group
	server *httptest.Server
	stop   func()
	served atomic.Int64 // requests that another pod has sent on, and that were answered here
}

func broker(t *testing.T) *bus.Bus {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	b, err := bus.Open(t.Context(), "kafka://"+cluster.ListenAddrs()[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// api is operations on a router.
func api(t *testing.T, peer func(*http.Request) (request.Info, bool), limit time.Duration) (*operations.API, chi.Router) {
	t.Helper()
	errs, err := httpapi.NewErrors(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	identify, err := httpapi.Identify(errs, teller{}, httpapi.Anonymous())
	if err != nil {
		t.Fatal(err)
	}
	steps := httpapi.Steps{Errors: errs, Identify: identify, Peer: peer, Timeout: limit}
	chain, err := httpapi.Chain(steps)
	if err != nil {
		t.Fatal(err)
	}
	router := chi.NewRouter()
	router.Use(chain...)
	return operations.New(router, steps, operations.About{Title: "Derived", Version: "1"}), router
}

// start starts a pod, which serves what is derived of its group.
func start(t *testing.T, b *bus.Bus, id string, part partitions.Option, derive func(*operations.API, *partitions.Group)) *pod {
	t.Helper()
	p := &pod{T: t, server: httptest.NewUnstartedServer(nil)}
	var err error
	p.group, err = partitions.New(b, "house", part, partitions.NodeID(id), partitions.Shards(8),
		partitions.Advertise(p.server.Listener.Addr().String()), partitions.PeerSecret(bytes.Repeat([]byte("s"), 32)))
	if err != nil {
		t.Fatal(err)
	}
	a, router := api(t, p.group.Forwarded, time.Minute)
	derive(a, p.group)
	if err := a.Publish("/openapi.json"); err != nil {
		t.Fatal(err)
	}
	p.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, sent := p.group.Forwarded(r)
		router.ServeHTTP(w, r)
		if sent && w.Header().Get("Millrace-Peer") == "" { // which an owner sets that has no shard yet, or no longer
			p.served.Add(1)
		}
	})
	p.server.Start()
	leave := run(t, p.group)
	p.stop = sync.OnceFunc(func() {
		p.server.Close()
		leave()
	})
	t.Cleanup(p.stop)
	return p
}

// run runs a group until the function that is returned is called.
func run(t *testing.T, group *partitions.Group) (leave func()) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- group.Run(ctx) }()
	return func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// until waits for a minute at most.
func (p *pod) until(what string, is func() bool) {
	p.Helper()
	tick, end := time.NewTicker(20*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-end:
			p.Fatalf("it was not seen that %s", what)
		}
	}
}

// owned is an id that the node owns, once it owns one.
func (p *pod) owned(node string) (id string) {
	p.Helper()
	p.until(node+" owns something", func() bool {
		for _, id = range []string{"a/1", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"} {
			if owner, live, err := p.group.Owner(id); err == nil && live && owner.ID == node {
				return true
			}
		}
		return false
	})
	return id
}

// reply is an answer that was read.
type reply struct {
	*http.Request

	status int
	header http.Header
	text   string
}

// send sends a request with headers, "name: value".
func (p *pod) send(method, path, body string, headers ...string) reply {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), method, p.server.URL+path, strings.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Who", "ada")
	r.Header.Set("Of", "acme")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	answer, err := p.server.Client().Do(r)
	if err != nil {
		p.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.Fatal(err)
	}
	return reply{r, answer.StatusCode, answer.Header, string(text)}
}
