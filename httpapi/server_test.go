package httpapi_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/observe"
)

// serving is a server that a test ends.
type serving struct {
	url    string
	end    context.CancelFunc
	ended  chan error
	client *http.Client
}

func serve(t *testing.T, h http.Handler, opts ...httpapi.ServerOption) *serving {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	health, err := observe.NewHealth()
	if err != nil {
		t.Fatal(err)
	}
	server, err := httpapi.NewServer(h, health, append(opts, httpapi.Listener(listener))...)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	s := &serving{url: "http://" + listener.Addr().String(), ended: make(chan error, 1), client: &http.Client{Transport: transport}}
	ctx, end := context.WithCancel(context.Background())
	s.end = end
	t.Cleanup(func() { end(); transport.CloseIdleConnections() })
	go func() { s.ended <- server.Run(ctx) }()
	return s
}

func (s *serving) get(t *testing.T, path string) (reply, error) {
	t.Helper()
	r, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, s.url+path, nil)
	response, err := s.client.Do(r)
	if err != nil {
		return reply{}, err
	}
	return read(t, response), nil
}

// TestServerEndsInOrder asks at each step of the end.
func TestServerEndsInOrder(t *testing.T) {
	t.Parallel()
	entered, release, ending := make(chan struct{}), make(chan struct{}), make(chan struct{})
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			close(entered)
			<-release
			if r.Context().Err() != nil {
				t.Error("the end of the server ends a request that runs")
			}
		}
		_, _ = io.WriteString(w, "served")
	}), httpapi.Drain(time.Second, 20*time.Second), httpapi.Ending(func() { close(ending) }))
	var long sync.WaitGroup
	long.Go(func() {
		if got, err := s.get(t, "/long"); err != nil || got.body != "served" {
			t.Errorf("a request that ran: %+v %v", got, err)
		}
	})
	<-entered
	if got, err := s.get(t, "/readyz"); err != nil || got.status != 200 {
		t.Fatal(got, err)
	}
	s.end()
	for got, err := s.get(t, "/readyz"); got.status != 503; got, err = s.get(t, "/readyz") {
		if err != nil {
			t.Fatal("readiness does not fall before the server stops listening")
		}
	}
	if got, err := s.get(t, "/new"); err != nil || got.body != "served" {
		t.Errorf("a new request in the delay: %+v %v", got, err)
	}
	<-ending
	if conn, err := net.Dial("tcp", s.url[len("http://"):]); err == nil {
		conn.Close()
		t.Error("it listens after the delay")
	}
	select {
	case err := <-s.ended:
		t.Errorf("it has ended before its requests: %v", err)
	default:
	}
	close(release)
	long.Wait()
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
}

// TestServerCutsOff has a request and a socket that do not end by themselves.
func TestServerCutsOff(t *testing.T) {
	t.Parallel()
	e, _ := newErrors(t)
	entered, left := make(chan struct{}, 2), make(chan string, 2)
	handler := e.Recover(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/socket" {
			conn, err := websocket.Accept(w, r, nil)
			if err != nil {
				t.Error(err)
			}
			defer conn.CloseNow()
		}
		entered <- struct{}{}
		<-r.Context().Done()
		left <- r.URL.Path
	}))
	for _, path := range []string{"/request", "/socket"} {
		s := serve(t, handler, httpapi.Drain(0, 200*time.Millisecond))
		if path == "/socket" {
			conn, _, err := websocket.Dial(t.Context(), s.url+path, //nolint:bodyclose // as Dial says
				&websocket.DialOptions{HTTPClient: s.client})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.CloseNow()
		} else {
			go s.get(t, path) // it is cut off
		}
		<-entered
		s.end()
		if err := <-s.ended; !errors.Is(err, httpapi.ErrCut) || <-left != path {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestServerRefuses(t *testing.T) {
	t.Parallel()
	health, _ := observe.NewHealth()
	if _, err := httpapi.NewServer(nil, health); err == nil {
		t.Error("no handler is no error")
	}
	if _, err := httpapi.NewServer(answering(""), health, httpapi.Drain(0, 0)); err == nil {
		t.Error("no time to end is no error")
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	server, err := httpapi.NewServer(answering(""), health, httpapi.Address(taken.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Run(t.Context()); err == nil {
		t.Error("an address that is taken is no error")
	}
}
