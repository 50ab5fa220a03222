package integration_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

const (
	walkTrace  = "0af7651916cd43dd8448eb211c80319c"
	walkParent = "00-" + walkTrace + "-b7ad6b7169203331-01"
)

// walk is one request's way, and what is known of it at each station.
type walk struct {
	*testing.T
	name   string // which begins the names of all that it makes
	traces *sdktrace.TracerProvider
	nodes  []*walkNode
	asked  atomic.Int64 // credentials that were looked at

	mu      sync.Mutex
	seen    map[string]walked
	arrived chan struct{}
}

// walked is what a station's context says.
type walked struct {
	request.Info
	trace    string
	deadline time.Time
	node     string // where it is
}

// pass notes a station.
func (w *walk) pass(ctx context.Context, station, node string) {
	at := walked{Info: request.From(ctx), trace: trace.SpanContextFromContext(ctx).TraceID().String(), node: node}
	at.deadline, _ = ctx.Deadline()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[station] = at
	select {
	case w.arrived <- struct{}{}:
	default:
	}
}

// await returns what a station has seen.
func (w *walk) await(station string) walked {
	w.Helper()
	limit := time.After(patience)
	for {
		w.mu.Lock()
		at, has := w.seen[station]
		w.mu.Unlock()
		if has {
			return at
		}
		select {
		case <-w.arrived:
		case <-time.After(50 * time.Millisecond):
		case <-limit:
			w.Fatalf("nothing has come to %s", station)
		}
	}
}

// Authenticate knows ann by a word that only she knows.
func (w *walk) Authenticate(r *http.Request) (httpapi.Identity, error) {
	w.asked.Add(1)
	if r.Header.Get("Authorization") != "Word open sesame" {
		return httpapi.Identity{}, httpapi.ErrAnonymous
	}
	return httpapi.Identity{Principal: "ann", Tenant: "acme", Roles: []string{"clerk", "admin"}, Session: "s1"}, nil
}

// headers are those of ann's requests, and claims that nobody has signed.
func (w *walk) headers(id string) http.Header {
	h := http.Header{"Accept-Language": {"de-CH, en;q=0.5"}, "Traceparent": {walkParent}, "X-Request-Id": {id}}
	forged := request.Info{Tenant: "evil", Principal: "root", Roles: "root", Session: "stolen", Locale: "fr"}
	names := request.HTTP()
	ctx, cancel := context.WithDeadline(request.With(w.Context(), forged), time.Now().Add(time.Hour))
	defer cancel()
	names.Inject(ctx, h)
	h.Set("Authorization", "Word open sesame")
	return h
}

func (w *walk) send(to *walkNode, path string, h http.Header) int {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), http.MethodPost, "http://"+to.address+path, strings.NewReader("{}"))
	if err != nil {
		w.Fatal(err)
	}
	r.Header = h
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

// owned is an id whose shard is a node's.
func (w *walk) owned(by string) string {
	w.Helper()
	for limit := time.After(patience); ; {
		for i := range 100 {
			id := fmt.Sprint("order", i)
			if owner, known, err := w.nodes[0].group.Owner(id); err == nil && known && owner.ID == by {
				return id
			}
		}
		select {
		case <-limit:
			w.Fatalf("node %s owns nothing", by)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// TestContextWalk sends one request through everything, and looks at each station what is known of it.
func TestContextWalk(t *testing.T) {
	t.Parallel()
	w := &walk{
		T: t, name: "w" + strings.ToLower(uuid.NewString()[:8]), traces: sdktrace.NewTracerProvider(), seen: make(map[string]walked),
		arrived: make(chan struct{}, 1),
	}
	w.begin()
	id := w.owned("two")
	stranger := w.headers("walk-0")
	stranger.Del("Authorization")
	if status := w.send(w.nodes[0], "/orders/"+id, stranger); status != http.StatusUnauthorized {
		t.Errorf("claims alone are answered with %d", status)
	}
	posing := w.headers("walk-0")
	posing.Set("Millrace-Peer", fmt.Sprintf("2 %d one two %064d", time.Now().Unix(), 0))
	if status := w.send(w.nodes[1], "/orders/"+id, posing); status != http.StatusForbidden {
		t.Errorf("a forged signature is answered with %d", status)
	}
	asked := w.asked.Load()
	if status := w.send(w.nodes[0], "/orders/"+id, w.headers("walk-1")); status != http.StatusAccepted {
		t.Fatalf("status %d", status)
	}
	if got := w.asked.Load() - asked; got != 1 {
		t.Errorf("credentials were looked at %d times, and do not come along", got)
	}
	shard, err := w.nodes[0].group.Shard(id)
	if err != nil {
		t.Fatal(err)
	}
	group := request.Shard{Group: w.name, ID: shard, Node: "two", Leader: true}
	first := w.await("chain")
	w.check("chain", "one", "walk-1", request.Shard{})
	w.check("forward", "two", "walk-1", group)
	w.check("event", "one", "walk-1", request.Shard{})
	w.check("transition", "one", "walk-1", request.Shard{})
	w.check("saga", "two", "walk-1", group)
	job := w.await("job")
	w.check("job", "one", "walk-1", request.Shard{Group: "jobs." + w.name, ID: job.Shard.ID, Node: job.Shard.Node, Leader: true})
	if job.Shard.Node == "" {
		t.Error("a job does not know its node")
	}
	w.check("push", "one", "walk-1", request.Shard{})
	if until := w.await("forward").deadline; first.deadline.IsZero() || !until.Equal(first.deadline) {
		t.Errorf("sent on until %s, the request had %s", until, first.deadline)
	}
	w.call(id)
	w.check("call", "one", "walk-2", request.Shard{})
	w.check("ask", "two", "walk-2", group)
}

// check looks at what a station knows.
func (w *walk) check(station, node, id string, shard request.Shard) {
	w.Helper()
	want := request.Info{Tenant: "acme", Principal: "ann", Roles: "admin,clerk", Session: "s1", ID: id, Locale: "de", Shard: shard}
	got := w.await(station)
	if got.Info != want || got.trace != walkTrace || got.node != node {
		w.Errorf("%s on %s: %+v, trace %s\nwant on %s: %+v", station, got.node, got.Info, got.trace, node, want)
	}
}

// call makes a call on a socket, which asks the shard.
func (w *walk) call(id string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws://"+w.nodes[0].address+"/ws", //nolint:bodyclose // as Dial says
		&websocket.DialOptions{HTTPHeader: w.headers("walk-2")})
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	ask := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"who","params":%q}`, id)
	if err := conn.Write(ctx, websocket.MessageText, []byte(ask)); err != nil {
		w.Fatal(err)
	}
	if _, text, err := conn.Read(ctx); err != nil || string(text) != `{"jsonrpc":"2.0","id":1,"result":"ann"}` {
		w.Errorf("%s %v", text, err)
	}
}

var _ httpapi.Authenticator = (*walk)(nil)

// walkNode is a process of the walk.
type walkNode struct {
	id, address string
	group       *partitions.Group
}
