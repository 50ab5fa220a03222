package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestPushPublishes holds that what is published by one request keeps its order, over tenants, and comes to the clients of each message's
// tenant alone.
func TestPushPublishes(t *testing.T) {
	t.Parallel()
	g := newGateways(t)
	_, url := g.start()
	_, stream := g.ask(http.MethodGet, url+"/events?channel=news", g.token(), "")
	lastID := ""
	for lastID == "" && stream.Scan() {
		var l line
		if json.Unmarshal(stream.Bytes(), &l) == nil {
			lastID = l.ID
		}
	}
	var list []string
	var want []int
	for i := range 999 {
		tenant := []string{"acme", "other", ""}[i%3]
		list = append(list, fmt.Sprintf(`{"channel":"news","key":"k","tenant":%q,"data":%d}`, tenant, i))
		if tenant != "other" {
			want = append(want, i)
		}
	}
	status, said := g.ask(http.MethodPost, url+"/publish", strings.Repeat("o", 40), "["+strings.Join(list, ",")+"]")
	if said.Scan(); status != http.StatusOK || said.Text() != `{"published":999}` {
		t.Fatal(status, said.Text())
	}
	for _, each := range want {
		if got := g.next(stream, &lastID); string(got.Data) != fmt.Sprint(each) {
			t.Fatalf("got %s, want %d", got.Data, each)
		}
	}
	large := fmt.Sprintf(`[{"channel":"news","data":1},{"channel":"news","data":%q}]`, strings.Repeat("x", 2<<20))
	status, said = g.ask(http.MethodPost, url+"/publish", strings.Repeat("o", 40), large)
	if said.Scan(); status != http.StatusUnprocessableEntity || !strings.Contains(said.Text(), "message 2 ") {
		t.Error(status, said.Text())
	}
}

// TestPushSlowRequests holds that the gateway gives up who sends a request's header or body slowly.
func TestPushSlowRequests(t *testing.T) {
	t.Parallel()
	g := newGateways(t)
	_, url := g.start()
	var waiting sync.WaitGroup
	for name, each := range map[string]struct{ sends, answer string }{
		"nothing":       {"", ""},
		"half a header": {"GET /events?channel=news HTTP/1.1\r\nHost: x\r\n", ""},
		"half a body": {"POST /publish HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + strings.Repeat("o", 40) +
			"\r\nContent-Length: 100\r\n\r\n{", "408"},
		"a long header": {"GET /events HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("x", 100<<10) + "\r\n\r\n", "431"},
	} {
		waiting.Go(func() {
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(time.Minute))
			_, _ = io.WriteString(conn, each.sends)
			answer, err := io.ReadAll(conn)
			if os.IsTimeout(err) || !strings.Contains(string(answer), each.answer) {
				t.Errorf("who sends %s is answered %.100q, %v", name, answer, err)
			}
		})
	}
	waiting.Wait()
}
