package integration_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

const (
	ownSecret = "for acme's eyes" // is in each thing of acme
	ownID     = "42"              // of each
)

// principals are who asks, by their credentials. All but the first have no business with what acme owns.
var principals = []struct {
	name     string
	identity httpapi.Identity
}{
	{"ann of acme", httpapi.Identity{Principal: "ann", Tenant: "acme", Roles: []string{"clerk"}}},
	{"eve of evil", httpapi.Identity{Principal: "eve", Tenant: "evil", Roles: []string{"clerk"}}},
	{"adam, administrator of evil", httpapi.Identity{Principal: "adam", Tenant: "evil", Roles: []string{"admin", "clerk"}}},
	{"ann of evil", httpapi.Identity{Principal: "ann", Tenant: "evil", Roles: []string{"clerk"}}},
	{"tom of nothing", httpapi.Identity{Principal: "tom", Roles: []string{"clerk"}}},
	{"nobody", httpapi.Identity{}},
}

// Authenticate takes a principal's name for a word that only that one knows.
func (a *access) Authenticate(r *http.Request) (httpapi.Identity, error) {
	for _, p := range principals {
		if p.identity.Principal != "" && r.Header.Get("Authorization") == "Word "+p.name {
			return p.identity, nil
		}
	}
	return httpapi.Identity{}, httpapi.ErrAnonymous
}

// claiming are headers with the credentials of one, and claims to be of acme that nobody has signed.
func (a *access) claiming(name string) http.Header {
	h := http.Header{"X-Tenant": {"acme"}, "X-Forwarded-Host": {"acme.example.com"}}
	request.HTTP().Inject(request.With(a.Context(), request.Info{Tenant: "acme", Principal: "ann", Roles: "clerk"}), h)
	if name != "nobody" {
		h.Set("Authorization", "Word "+name)
	}
	return h
}

// ask does an operation as one of the principals.
func (a *access) ask(name, operation string) (status int, body string) {
	a.Helper()
	ctx, cancel := context.WithTimeout(a.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+a.address+"/"+operation+"/"+ownID, http.NoBody)
	if err != nil {
		a.Fatal(err)
	}
	r.Header = a.claiming(name)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		a.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		a.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// say says something on a socket as one of the principals, and returns the answer; where there is no socket for it the status is another one.
func (a *access) say(name, method, params string) (status int, body string) {
	a.Helper()
	ctx, cancel := context.WithTimeout(a.Context(), patience)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, "ws://"+a.address+"/live", //nolint:bodyclose // as Dial says
		&websocket.DialOptions{HTTPHeader: a.claiming(name)})
	if err != nil {
		if response == nil {
			a.Fatal(err)
		}
		return response.StatusCode, ""
	}
	defer func() { _ = conn.CloseNow() }()
	if err := conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, method,
		params)); err != nil {
		a.Fatal(err)
	}
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			a.Fatal(err)
		}
		body += string(text)
		if strings.Contains(string(text), `"id":1`) {
			return http.StatusOK, body
		}
	}
}

// TestAccess lets each principal do each operation on each thing that acme owns: who is not of acme learns nothing of it, and changes nothing.
func TestAccess(t *testing.T) {
	t.Parallel()
	a := newAccess(t)
	for _, p := range principals[1:] {
		for _, operation := range a.names() {
			status, body := a.ask(p.name, operation)
			a.judge(p.name, operation, status, body)
		}
		for _, said := range a.said() {
			status, body := a.say(p.name, said[0], said[1])
			a.judge(p.name, said[0], status, body)
		}
	}
	own := principals[0].name
	for _, operation := range a.names() { // all is as it was, and its owner may do all of this
		if status, body := a.ask(own, operation); status != http.StatusOK || a.reads[operation] && !strings.Contains(body, ownSecret) {
			t.Errorf("%s, %s: %d %s", own, operation, status, body)
		}
	}
	for _, said := range a.said() {
		_, body := a.say(own, said[0], said[1])
		if history := said[0] == "push.history"; strings.Contains(body, `"error"`) || history && strings.Count(body, `"data"`) != 1 {
			t.Errorf("%s, %s: %s", own, said[0], body)
		}
	}
}

// judge looks at what one has learned who is not of acme. Nobody without a tenant comes so far. Another tenant's answer is that there is no such
// thing, or, where an id may be anybody's, of a thing of its own.
func (a *access) judge(name, operation string, status int, body string) {
	a.Helper()
	switch {
	case strings.Contains(body, ownSecret):
		a.Errorf("%s, %s: learns what is acme's: %s", name, operation, body)
	case name == "nobody" && status != http.StatusUnauthorized:
		a.Errorf("%s, %s: status %d", name, operation, status)
	case name == "tom of nothing" && status != http.StatusBadRequest:
		a.Errorf("%s, %s: status %d", name, operation, status)
	case a.finds[operation] && status < 400 && !strings.Contains(body, "of a stranger"): // which is another tenant's own
		a.Errorf("%s, %s: status %d %s", name, operation, status, body)
	case status >= 500:
		a.Errorf("%s, %s: status %d %s", name, operation, status, body)
	}
}

// eventually does something until it succeeds.
func (a *access) eventually(what func() error) {
	a.Helper()
	limit := time.After(patience)
	for {
		err := what()
		if err == nil {
			return
		}
		select {
		case <-limit:
			a.Fatal(err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
