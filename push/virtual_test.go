//go:build synctests

package push_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/push"
)

// bubble is a broker, hubs and clients on virtual time.
type bubble struct {
	*testing.T
	network *kfake.VirtualNetwork
	address string
	admin   *kadm.Client
	ends    []func()
}

// inBubble runs a test on virtual time. What it opened is closed within the bubble.
func inBubble(t *testing.T, test func(*bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{T: t, network: &kfake.VirtualNetwork{}}
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(b.network.Listen))
		if err != nil {
			t.Fatal(err)
		}
		defer cluster.Close()
		b.address = cluster.ListenAddrs()[0]
		client, err := kgo.NewClient(kgo.SeedBrokers(b.address), kgo.Dialer(b.network.DialContext))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		b.admin = kadm.NewClient(client)
		defer func() {
			for i := range b.ends {
				b.ends[len(b.ends)-1-i]()
			}
		}()
		test(b)
	})
}

// open opens a bus whose wire the test can cut.
func (b *bubble) open() (*bus.Bus, *wire) {
	b.Helper()
	w := &wire{way: b.network.DialContext}
	opened, err := bus.Open(b.Context(), "kafka://"+b.address, bus.Dialer(w.dial))
	if err != nil {
		b.Fatal(err)
	}
	b.ends = append(b.ends, func() { _ = opened.Close() })
	return opened, w
}

// hub runs a hub until the returned function is called.
func (b *bubble) hub(on *bus.Bus, opts ...push.Option) (hub *push.Hub, stop func()) {
	b.Helper()
	hub, err := push.New(on, opts...)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := hub.Run(ctx); err != nil {
			b.Errorf("hub: %v", err)
		}
	})
	stop = func() { cancel(); run.Wait() }
	b.ends = append(b.ends, stop)
	<-hub.Ready()
	return hub, stop
}

// pipe is a connection's end at the server, with nothing buffered between it and the client.
type pipe struct {
	*io.PipeWriter
	header http.Header
	status chan int
	limit  *time.Timer
}

func (p *pipe) Header() http.Header { return p.header }

func (p *pipe) WriteHeader(status int) { p.status <- status }

func (p *pipe) FlushError() error { return nil }

func (p *pipe) Write(chunk []byte) (int, error) {
	defer func() {
		if p.limit != nil {
			p.limit.Stop()
		}
	}()
	return p.PipeWriter.Write(chunk)
}

func (p *pipe) SetWriteDeadline(at time.Time) error {
	p.limit = time.AfterFunc(time.Until(at), func() { _ = p.CloseWithError(context.DeadlineExceeded) })
	return nil
}

// request asks for a stream, and returns the answer once its head is there. over is closed when the handler returns.
func (b *bubble) request(ctx context.Context, hub *push.Hub, query, lastID string) (resp *http.Response, over <-chan struct{}) {
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/?"+query, nil)
	request.Header.Set("Last-Event-ID", lastID)
	reader, writer := io.Pipe()
	p := &pipe{PipeWriter: writer, header: http.Header{}, status: make(chan int, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		hub.SSE().ServeHTTP(p, request)
		_ = writer.Close()
	}()
	status := <-p.status
	if status != http.StatusOK {
		_ = reader.Close()
	}
	return &http.Response{StatusCode: status, Header: p.header, Body: reader}, done
}

// ask requests a stream that ends with the test.
func (b *bubble) ask(hub *push.Hub, query, lastID string) (resp *http.Response, over <-chan struct{}) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	resp, over = b.request(ctx, hub, query, lastID)
	b.ends = append(b.ends, func() { cancel(); _ = resp.Body.Close(); <-over })
	return resp, over
}

func (b *bubble) connect(hub *push.Hub, query, lastID string) *stream {
	b.Helper()
	resp, _ := b.ask(hub, query, lastID)
	return newStream(b.T, resp, lastID)
}
