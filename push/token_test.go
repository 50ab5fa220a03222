package push_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
)

// granter verifies tokens that are a grant's id, its principal, and what it may follow, with slashes between.
type granter struct {
	life    time.Duration
	present bool // and it may ask who is present
	publish bool // and publish
}

func (g granter) Verify(_ context.Context, token string) (push.Grant, error) {
	parts := strings.SplitN(token, "/", 3)
	if len(parts) != 3 {
		return push.Grant{}, errors.New("secret")
	}
	grant := push.Grant{
		ID: parts[0], Roles: request.Roles("role" + parts[0]), Session: "session" + parts[0],
		Principal: request.Principal("user" + parts[1]), Subscribe: strings.Split(parts[2], ","),
	}
	if g.publish {
		grant.Publish = grant.Subscribe
	}
	if g.present {
		grant.Present = grant.Subscribe
	}
	if g.life > 0 && grant.ID == "short" {
		grant.Expires = time.Now().Add(g.life)
	}
	return grant, nil
}

// once is a claimer for one process.
type once struct {
	mu   sync.Mutex
	keys map[string]bool
	down bool
}

func (o *once) Claim(_ context.Context, key, _ string, _ time.Duration) (won, done bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down {
		return false, false, errors.New("it is down")
	}
	won = !o.keys[key]
	o.keys[key] = true
	return won, false, nil
}

func refused(t *testing.T, url string, headers ...string) int {
	t.Helper()
	header := http.Header{}
	for i := 0; i+1 < len(headers); i += 2 {
		header.Set(headers[i], headers[i+1])
	}
	conn, resp, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPHeader: header}) //nolint:bodyclose // as Dial says
	if err == nil {
		_ = conn.CloseNow()
		return 0
	}
	if resp == nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

func TestTokens(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := sockets(t, b, push.Tokens(granter{}))
	if status := refused(t, url); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", status)
	}
	if status := refused(t, url, "Authorization", "Bearer nonsense"); status != http.StatusForbidden {
		t.Errorf("with nonsense: %d", status)
	}
	c := dial(t, url, "Authorization", "Bearer 1//a,b")
	c.follow("a", "", "")
	c.follow("b", "", "")
	if answer := c.call("push.refresh", `{"token":"2//b,c"}`); string(answer.Result) != `{"expires":"","ended":["a"]}` {
		t.Errorf("%s %+v", answer.Result, answer.Error)
	}
	publish(t, b, push.Define[string]("a"), "k", "not this")
	publish(t, b, push.Define[string]("b"), "k", "this")
	if got := c.next().Params; string(got.Data) != `"this"` {
		t.Errorf("got %+v", got)
	}
	c.follow("c", "", "")
	for token, code := range map[string]int{`"3/other/b"`: -32003, `"nonsense"`: -32003, `""`: -32602} {
		if answer := c.call("push.refresh", `{"token":`+token+`}`); answer.Error == nil || answer.Error.Code != code {
			t.Errorf("%s: %s %+v", token, answer.Result, answer.Error)
		}
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	hub, _ := running(t, b, push.KeepAlive(160*time.Millisecond), push.Tokens(granter{life: 700 * time.Millisecond}))
	<-hub.Ready()
	mux := http.NewServeMux()
	mux.Handle("/ws", hub.WebSocket())
	mux.Handle("/sse", hub.SSE())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	url := strings.Replace(server.URL, "http", "ws", 1) + "/ws"
	renewed := dial(t, url, "Authorization", "Bearer short//a")
	if answer := renewed.call("push.refresh", `{"token":"long//a"}`); answer.Error != nil {
		t.Fatalf("%+v", answer.Error)
	}
	c := dial(t, url, "Authorization", "Bearer short//a")
	stream := connect(t, server.URL+"/sse?channel=a", "", "Authorization", "Bearer short//a")
	over, expired := make(chan websocket.StatusCode, 1), make(chan websocket.StatusCode, 1)
	go func() { over <- renewed.closed() }()
	go func() { expired <- c.closed() }()
	if _, more := stream.next(); more {
		t.Error("the stream goes on")
	}
	if code := <-expired; code != 3005 {
		t.Errorf("closed with %d", code)
	}
	select {
	case code := <-over:
		t.Errorf("the renewed connection was closed with %d", code)
	default:
	}
}

func TestTickets(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	used := &once{keys: map[string]bool{}}
	tickets := push.Tickets([]byte(strings.Repeat("k", 16)), used)
	hub, _ := running(t, b, push.Tokens(granter{}), tickets)
	<-hub.Ready()
	issuer := httptest.NewServer(hub.Ticket())
	t.Cleanup(issuer.Close)
	url, _ := sockets(t, b, push.Tokens(granter{}), tickets) // another hub
	ask := func(token string) (status int, ticket string) {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, issuer.URL, nil)
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		var answer struct {
			Ticket  string `json:"ticket"`
			Expires int    `json:"expires_in"`
		}
		if response.StatusCode == http.StatusOK && (json.NewDecoder(response.Body).Decode(&answer) != nil || answer.Expires != 30) {
			t.Errorf("%+v", answer)
		}
		return response.StatusCode, answer.Ticket
	}
	if status, _ := ask("nonsense"); status != http.StatusForbidden {
		t.Errorf("a ticket for nonsense: %d", status)
	}
	_, ticket := ask("1//a")
	if strings.Contains(ticket, "user") {
		t.Error("the ticket tells what it grants")
	}
	c := dial(t, url+"?ticket="+ticket)
	c.follow("a", "", "")
	if answer := c.call("push.subscribe", `{"channel":"b"}`); answer.Error == nil || answer.Error.Code != -32003 {
		t.Errorf("%+v", answer)
	}
	if status := refused(t, url+"?ticket="+ticket); status != http.StatusUnauthorized {
		t.Errorf("a ticket twice: %d", status)
	}
	_, another := ask("1//a")
	changed := another[:20] + strings.Map(func(r rune) rune {
		if r == 'A' {
			return 'B'
		}
		return 'A'
	}, another[20:21]) + another[21:]
	for _, wrong := range []string{"x", changed, another[:len(another)-4]} {
		if status := refused(t, url+"?ticket="+wrong); status != http.StatusUnauthorized {
			t.Errorf("ticket %q: %d", wrong, status)
		}
	}
	used.mu.Lock()
	used.down = true
	used.mu.Unlock()
	if status := refused(t, url+"?ticket="+another); status != http.StatusServiceUnavailable {
		t.Errorf("a ticket that cannot be checked: %d", status)
	}
}
