package durable_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/httpapi/operations/durable"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/sagas"
)

type visit struct {
	Room string `json:"room" minLength:"1"`
}

var knocked = sagas.NewSignal[string]("knocked")

var asker = sagas.NewStep("asker", func(ctx context.Context, _ string) (string, error) {
	info := request.From(ctx)
	return string(info.Principal) + " of " + string(info.Tenant), nil
}, nil)

// visits wait for who knocks, and tell of whom they are.
var visits = sagas.Define("visit", func(s *sagas.Saga, v visit) (string, error) {
	who, err := sagas.Await(s, knocked, time.Hour)
	if err != nil {
		return "", err
	}
	of, err := sagas.Do(s, asker, v.Room)
	return who + " in " + v.Room + " for " + of, err
})

func hotel(t *testing.T) (one, two *pod) {
	t.Helper()
	b := broker(t)
	if err := b.Verify(t.Context(), visits.Contracts()...); err != nil {
		t.Fatal(err)
	}
	derive := func(a *operations.API, g *partitions.Group) { deriveVisits(a, g, b) }
	return start(t, b, "one", visits.Part(), derive), start(t, b, "two", visits.Part(), derive)
}

func deriveVisits(a *operations.API, g *partitions.Group, to bus.Publisher) {
	durable.Saga(a, g, visits, to, allow, durable.Under("/v1"), durable.Signals(knocked))
}

// reaches reads a saga until its answer has a text.
func (p *pod) reaches(path, says string, headers ...string) (text string) {
	p.Helper()
	p.until(path+" says "+says, func() bool {
		text = p.send("GET", path, "", headers...).text
		return strings.Contains(text, says)
	})
	return text
}

// TestSagas sends all requests to a pod that is not the owner.
func TestSagas(t *testing.T) {
	t.Parallel()
	one, _ := hotel(t)
	id := one.owned("two")
	path := "/v1/visit/" + url.PathEscape(id)
	answer := one.send("GET", path, "")
	one.wants(answer, 404, "there is no such visit")
	answer = one.send("POST", path, `{"room":"blue"}`)
	one.wants(answer, 202)
	where, err := answer.URL.Parse(answer.header.Get("Location"))
	if err != nil || where.EscapedPath() != path {
		t.Errorf("it is said to be at %v, %v, want %s", where, err, path)
	}
	answer = one.send("POST", path, `{"room":"green"}`) // the same saga
	one.wants(answer, 202)
	one.reaches(path, `"status":"waiting"`)
	answer = one.send("POST", path, `{"room":"red"}`, "Of: other")
	one.wants(answer, 202)
	one.reaches(path, `"status":"waiting"`, "Of: other")
	answer = one.send("POST", path+"/signals/knocked", `"bob"`)
	one.wants(answer, 202)
	one.reaches(path, `"status":"completed"`)
	answer = one.send("GET", path, "")
	one.wants(answer, 200, `"result":"bob in blue for ada of acme"`)
	for _, test := range []struct {
		path, body, header string
		status             int
		says               string
	}{
		{path, `{"room":""}`, "Of: other", 422, `"#/room"`},
		{path, `{"room":"red"}`, "Who: eve", 403, "eve may not start visit"},
		{path + "/cancel", `{"reason":"late"}`, "Of: other", 403, "a role is needed"},
		{path + "/cancel", `{"reason":"late"}`, "Who: eve/operator", 403, "eve may not cancel"},
		{path + "/signals/knocked", `"eve"`, "Who: eve", 403, "eve may not signal visit " + id + " knocked"},
		{"/v1/visit/%00", `{"room":"red"}`, "Of: other", http.StatusBadRequest, "control characters"},
	} {
		answer := one.send("POST", test.path, test.body, test.header)
		one.wants(answer, test.status, test.says)
	}
	answer = one.send("GET", path, "", "Of: other")
	one.wants(answer, 200, `"status":"waiting"`)
	answer = one.send("POST", path+"/cancel", `{"reason":"late"}`, "Of: other", "Who: ada/operator")
	one.wants(answer, 202)
	if text := one.reaches(path, `"status":"compensated"`, "Of: other"); !strings.Contains(text, "late") {
		t.Error(text)
	}
}
