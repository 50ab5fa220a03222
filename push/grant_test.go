package push_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

func TestGrants(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	chat := push.Define[string]("chat")
	url, _ := sockets(t, b, push.Publishing(chat), push.Auth(func(r *http.Request) (push.Grant, error) {
		switch r.Header.Get("Authorization") {
		case "user":
			return push.Grant{Tenant: "acme", Subscribe: []string{"chat/a*", "chat/b", "news"}, Publish: []string{"chat/a1", "news"}}, nil
		case "nobody":
			return push.Grant{}, nil
		case "fails":
			return push.Grant{}, errors.New("secret")
		case "invalid":
			return push.Grant{Tenant: "no tenant"}, nil
		}
		return push.Grant{}, &push.Problem{Status: http.StatusUnauthorized, Detail: "log in"}
	}))
	c := dial(t, url, "Authorization", "user")
	for params, code := range map[string]int{
		`{"channel":"chat","key":"a1"}`: 0, `{"channel":"chat","key":"b"}`: 0, `{"channel":"news"}`: 0,
		`{"channel":"chat","key":"b2"}`: -32003, `{"channel":"chat"}`: -32003, `{"channel":"other"}`: -32003,
		`{"channel":"news","key":"1"}`: -32009, `{"channel":"NEWS"}`: -32602, `[]`: -32602,
	} {
		if strings.Contains(params, `"news","key"`) { // after the whole channel
			defer func() {
				if answer := c.call("push.subscribe", params); answer.Error == nil || answer.Error.Code != code {
					t.Errorf("%s: %+v", params, answer.Error)
				}
			}()
			continue
		}
		answer := c.call("push.subscribe", params)
		if got := answer.Error; (got == nil) != (code == 0) || got != nil && got.Code != code {
			t.Errorf("subscribe %s: %+v", params, got)
		}
	}
	for params, code := range map[string]int{
		`{"channel":"chat","key":"a1","data":"x"}`: 0, `{"channel":"chat","key":"a1","data":{}}`: -32022, `{"channel":"chat","key":"a1"}`: -32602,
		`{"channel":"chat","key":"b","data":"x"}`: -32003, `{"channel":"news","data":"x"}`: -32003,
	} {
		answer := c.call("push.publish", params)
		if got := answer.Error; (got == nil) != (code == 0) || got != nil && got.Code != code {
			t.Errorf("publish %s: %+v", params, got)
		}
	}
	if got := c.next().Params; got.Channel != "chat" || got.Key != "a1" || string(got.Data) != `"x"` {
		t.Errorf("got %+v", got)
	}
	if answer := dial(t, url, "Authorization", "nobody").call("push.subscribe", `{"channel":"news"}`); answer.Error == nil ||
		answer.Error.Code != -32003 {
		t.Errorf("%+v", answer)
	}
	for header, status := range map[string]int{"": 401, "fails": 403, "invalid": 403} {
		_, resp, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {header}}}) //nolint:bodyclose // as Dial says
		if err == nil || resp == nil || resp.StatusCode != status {
			t.Errorf("%q: %v %v", header, resp, err)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := sockets(t, b, push.Origins("https://app.example.com", "https://*.example.org"))
	all, _ := sockets(t, b, push.Origins("*"))
	for _, each := range []struct {
		url, origin string
		fine        bool
	}{
		{url, "", true},
		{url, strings.Replace(url, "ws", "http", 1), true},
		{url, "https://app.example.com", true},
		{url, "HTTPS://APP.example.com", true},
		{url, "https://a.example.org", true},
		{url, "https://example.org", false},
		{url, "http://app.example.com", false},
		{url, "https://evil.example", false},
		{url, "null", false},
		{all, "https://evil.example", true},
	} {
		header := http.Header{}
		if each.origin != "" {
			header.Set("Origin", each.origin)
		}
		conn, resp, err := websocket.Dial(t.Context(), each.url, &websocket.DialOptions{HTTPHeader: header}) //nolint:bodyclose // as Dial says
		if (err == nil) != each.fine || err != nil && resp.StatusCode != http.StatusForbidden {
			t.Errorf("%q: %v", each.origin, err)
		}
		if conn != nil {
			_ = conn.CloseNow()
		}
	}
}

func TestPublishesInOrder(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	chat := push.Define[string]("chat")
	url, _ := sockets(t, b, push.Publishing(chat), push.Calls(500, 1000), push.Auth(func(*http.Request) (push.Grant, error) {
		return push.Grant{Subscribe: []string{"*"}, Publish: []string{"*"}}, nil
	}))
	c := dial(t, url)
	c.follow("chat", "", "")
	const sent = 300
	for i := range sent {
		c.send(`{"jsonrpc":"2.0","method":"push.publish","params":{"channel":"chat","key":"k","data":"` + string(rune('a'+i%26)) + `"}}`)
	}
	for i := range sent {
		if got := c.next().Params; string(got.Data) != `"`+string(rune('a'+i%26))+`"` {
			t.Fatalf("message %d is %s", i, got.Data)
		}
	}
}
