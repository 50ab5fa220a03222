//go:build synctests

package webhooks_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/millrace/millrace/jobs/webhooks"
)

// internet is receivers in memory, by name: names are looked up and dialled as they would be, and time is virtual.
type internet struct {
	mu    sync.Mutex
	hosts map[string]http.HandlerFunc
	addrs map[string][]string // of a look-up, one after the other; without one, a good address
	looks map[string]int
	conns []net.Conn
	got   []arrival
	gone  chan struct{}
}

// arrival is what a receiver got.
type arrival struct {
	host   string
	at     time.Time
	header http.Header
	id     string
	body   string
}

func newInternet() *internet {
	return &internet{
		hosts: make(map[string]http.HandlerFunc), addrs: make(map[string][]string), looks: make(map[string]int),
		gone: make(chan struct{}),
	}
}

func (i *internet) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	list := i.addrs[host]
	if len(list) == 0 {
		list = []string{"8.8.8.8"}
	}
	n := i.looks[host]
	i.looks[host]++
	return names{host: {list[min(n, len(list)-1)]}}.LookupNetIP(ctx, network, host)
}

func (i *internet) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	i.mu.Lock()
	i.conns = append(i.conns, server)
	i.mu.Unlock()
	one := &once{conns: make(chan net.Conn, 1), gone: i.gone}
	one.conns <- server
	go func() { _ = (&http.Server{Handler: i, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}).Serve(one) }()
	return client, nil
}

// once is a listener of one connection.
type once struct {
	conns chan net.Conn
	gone  chan struct{}
}

func (o *once) Accept() (net.Conn, error) {
	select {
	case c := <-o.conns:
		return c, nil
	case <-o.gone:
		return nil, net.ErrClosed
	}
}
func (o *once) Close() error   { return nil }
func (o *once) Addr() net.Addr { return &net.TCPAddr{} }

func (i *internet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	i.mu.Lock()
	serve := i.hosts[r.Host]
	i.got = append(i.got, arrival{r.Host, time.Now(), r.Header, r.Header.Get(webhooks.HeaderID), string(body)})
	i.mu.Unlock()
	if serve != nil {
		serve(w, r)
	}
}

// close ends what receivers still do.
func (i *internet) close() {
	close(i.gone)
	i.mu.Lock()
	for _, c := range i.conns {
		_ = c.Close()
	}
	i.mu.Unlock()
	<-time.After(5 * time.Second) // for handlers that take their time
}

func (i *internet) serve(host string, f http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.hosts[host] = f
}

// at is what a host got so far.
func (i *internet) at(host string) (got []arrival) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, r := range i.got {
		if r.host == host {
			got = append(got, r)
		}
	}
	return got
}

// status answers with a status.
func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
