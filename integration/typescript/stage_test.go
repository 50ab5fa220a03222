package typescript_test

import (
	"cmp"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
)

// stage is a server at one address, whose hub the client's tests restart. Its /control/ does what they ask for.
type stage struct {
	testing.TB
	*httptest.Server
	bus *bus.Bus
	procedures

	mu    sync.Mutex
	hub   *push.Hub
	stop  func()
	conns map[net.Conn]struct{}
}

type item struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

func items() push.Channel[item]    { return push.Define[item]("items") }
func blobs() push.Channel[[]byte]  { return push.Define("blobs", push.Binary()) }
func quiets() push.Channel[string] { return push.Define("quiets", push.Text()) }

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{TB: t, bus: bustest.Open(t), conns: make(map[net.Conn]struct{})}
	s.ended = make(chan string, 100)
	mux := http.NewServeMux()
	mux.HandleFunc("/socket", func(w http.ResponseWriter, r *http.Request) { s.current().WebSocket().ServeHTTP(w, r) })
	mux.HandleFunc("/schema", func(w http.ResponseWriter, r *http.Request) { s.current().Schema().ServeHTTP(w, r) })
	mux.HandleFunc("/control/{what}", s.control)
	mux.Handle("/", http.FileServer(http.Dir(client)))
	s.Server = httptest.NewUnstartedServer(mux)
	s.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if state == http.StateHijacked {
			s.conns[conn] = struct{}{}
		}
	}
	s.open()
	s.Start()
	t.Cleanup(func() { s.stop(); s.Close() })
	return s
}

func (s *stage) current() *push.Hub {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hub
}

// open starts another hub.
func (s *stage) open(opts ...push.Option) {
	hub, err := push.New(s.bus, append([]push.Option{
		push.Reconnect(20 * time.Millisecond), push.KeepAlive(200 * time.Millisecond), push.Calls(64, 2000),
		push.Publishing(items(), blobs()), push.Describing(quiets()), s.offered(),
		push.Presence("items"),
		push.Auth(func(r *http.Request) (push.Grant, error) {
			as := request.Principal(cmp.Or(r.FormValue("as"), "ann"))
			return push.Grant{Principal: as, Subscribe: []string{"*"}, Publish: []string{"items", "blobs"}, Present: []string{"items"}}, nil
		}),
	}, opts...)...)
	if err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := hub.Run(ctx); err != nil {
			s.Errorf("hub: %v", err)
		}
	})
	<-hub.Ready()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hub, s.stop = hub, func() { cancel(); running.Wait() }
}

// cut ends all connections without a word.
func (s *stage) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close()
		delete(s.conns, conn)
	}
}

// control does what a test asks for, and answers in JSON.
func (s *stage) control(w http.ResponseWriter, r *http.Request) {
	var answer any
	switch r.PathValue("what") {
	case "publish":
		from, _ := strconv.Atoi(r.FormValue("from"))
		to, _ := strconv.Atoi(r.FormValue("to"))
		for n := from; n < to; n++ {
			if err := items().Publish(r.Context(), s.bus, r.FormValue("key"), item{N: n, Text: "ä\u2028<" + strconv.Itoa(n)}).Err(); err != nil {
				s.Error(err)
			}
		}
	case "cut":
		s.cut()
	case "stop":
		s.stop()
	case "start":
		s.open()
	case "forget":
		s.stop()
		s.open(push.History(0, 0), push.ReadBack(0))
	case "made":
		answer = s.made.Swap(0)
	case "ended":
		select {
		case answer = <-s.ended:
		case <-r.Context().Done():
		}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func TestNode(t *testing.T) {
	t.Parallel()
	build(t)
	s := newStage(t)
	node(t, []string{"MILLRACE_STAGE=" + s.URL}, "test/hub/hub.test.mjs")
}

func TestEffect(t *testing.T) {
	t.Parallel()
	build(t)
	s := newStage(t)
	node(t, []string{"MILLRACE_STAGE=" + s.URL}, "test/hub/effect.test.mjs")
}
