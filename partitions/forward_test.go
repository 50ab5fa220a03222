//go:build synctests

package partitions_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/internal/line"
	"github.com/millrace/millrace/request"
)

// served is a node with an HTTP server: it adds what it is asked to add, and says who it is and who asks.
type served struct {
	group  *partitions.Group
	server *http.Server
	line   *line.Line
	stop   func()
	sent   atomic.Int64 // by other nodes
}

var secret = bytes.Repeat([]byte("s"), 32)

func (w *world) serve(t *testing.T, id, address string, secrets ...[]byte) *served {
	t.Helper()
	n := &served{line: line.New(w.network.DialContext)}
	b := w.open(bus.Dialer(n.line.Open))
	t.Cleanup(func() { b.Close() })
	g, balance, err := w.ledger(b, id, partitions.Advertise(address), partitions.PeerSecret(secrets...))
	if err != nil {
		t.Fatal(err)
	}
	n.group = g
	transport := &http.Transport{DialContext: w.dial}
	t.Cleanup(transport.CloseIdleConnections)
	forward := g.Forward(func(r *http.Request) (string, error) {
		if key := r.URL.Query().Get("account"); key != "" {
			return key, nil
		}
		return "", fmt.Errorf("name an account")
	}, partitions.ForwardTransport(transport))
	handler := forward(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		key, info := r.URL.Query().Get("account"), request.From(r.Context())
		err := g.Do(r.Context(), key, func(tx *partitions.Tx) error {
			n, _ := balance.Get(tx, key)
			balance.Put(tx, key, n+int64(len(text)))
			return nil
		})
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(rw, "%s %s %s %t", info.Shard.Node, info.Tenant, info.Roles, info.Shard.Leader)
	}))
	listener, err := w.network.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	n.server = &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if who, sent := g.Forwarded(r); sent && who.Tenant == "acme" && who.Roles == "admin,clerk" {
			n.sent.Add(1)
		}
		if r.Header.Get("Millrace-Peer") == "" {
			r = r.WithContext(request.With(r.Context(), request.Info{Tenant: "acme", Roles: "admin,clerk"}))
		}
		handler.ServeHTTP(rw, r)
	})}
	go n.server.Serve(listener)
	n.stop = start(t, g)
	return n
}

// dial fails as the network does.
func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := w.network.DialContext(ctx, network, address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	return conn, nil
}

// TestForward sends requests to any node: the owner answers, and knows who asked whom.
func TestForward(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		one := w.serve(t, "one", "127.0.0.1:81", secret)
		two := w.serve(t, "two", "127.0.0.1:82", []byte(strings.Repeat("n", 32)), secret) // changes its secret
		three := w.serve(t, "three", "127.0.0.1:83", []byte(strings.Repeat("x", 32)))     // has another one
		<-time.After(15 * time.Second)
		transport := &http.Transport{DialContext: w.dial}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		post := func(address, query, body string, header ...string) (int, string) {
			t.Helper()
			r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+address+"/add?"+query, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
			response, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			text, _ := io.ReadAll(response.Body)
			if response.StatusCode < http.StatusBadRequest {
				return response.StatusCode, string(text)
			}
			return response.StatusCode, detailOf(t, response, text)
		}
		owners := make(map[string]string)
		for _, key := range accounts {
			owner, _, err := one.group.Owner(key)
			if err != nil {
				t.Fatal(err)
			}
			owners[owner.ID] = key
			code, text := post("127.0.0.1:81", "account="+key, "xyz", "X-Tenant", "forged")
			switch want := owner.ID + " acme admin,clerk true"; {
			case owner.ID == "three" && code != http.StatusForbidden:
				t.Errorf("a node with another secret took a request: %d %s", code, text)
			case owner.ID != "three" && (code != http.StatusOK || text != want):
				t.Errorf("%s: %d %q, want %q", key, code, text, want)
			}
		}
		if owners["one"] == "" || owners["two"] == "" || owners["three"] == "" {
			t.Fatalf("not all nodes own something: %v", owners)
		}
		if one.sent.Load() != 0 || two.sent.Load() == 0 || three.sent.Load() != 0 {
			t.Errorf("sent by peers: %d to one, %d to two, %d to three, which cannot know", one.sent.Load(), two.sent.Load(), three.sent.Load())
		}
		known := two.sent.Load()
		if code, text := post("127.0.0.1:81", "", ""); code != http.StatusBadRequest || text != "name an account" {
			t.Errorf("no key: %d %s", code, text)
		}
		for _, forged := range []string{"1", "1 0 one two 00", "2 0 one two 00", strings.Repeat("x ", 5)} {
			if code, text := post("127.0.0.1:82", "account="+owners["two"], "", "Millrace-Peer", forged); code != http.StatusForbidden {
				t.Errorf("%q was believed: %d %s", forged, code, text)
			}
		}
		if two.sent.Load() != known {
			t.Error("a forged request counts as sent by a peer")
		}
		two.server.Close() // its requests wait, and are served once its shards are another's
		answers := make(chan string, 1)
		go func() {
			code, text := post("127.0.0.1:81", "account="+owners["two"], "xyz")
			answers <- fmt.Sprint(code, " ", text)
		}()
		<-time.After(time.Second)
		three.stop()
		two.stop()
		if answer := <-answers; answer != "200 one acme admin,clerk true" {
			t.Errorf("after the owner left: %s", answer)
		}
		one.stop()
		if code, _ := post("127.0.0.1:81", "account=a1", ""); code != http.StatusServiceUnavailable {
			t.Errorf("a group that does not run: %d", code)
		}
		one.server.Close()
		three.server.Close()
	})
}
