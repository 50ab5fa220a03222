package operations_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations"
)

func TestParameters(t *testing.T) {
	t.Parallel()
	f := open(t, httpapi.Steps{})
	agent := "X-Agent: curl"
	f.wants(f.send("GET", "/things", "", agent), 200, `{"limit":20,"all":false,"above":0,"agent":"curl"}`)
	f.wants(f.send("GET", "/things?limit=100&all=true&above=-1.5", "", agent), 200, `{"limit":100,"all":true,"above":-1.5,"agent":"curl"}`)
	for query, says := range map[string]string{
		"limit=0": "1 to 100", "limit=101": "1 to 100", "limit=x": "a whole number", "limit=1.5": "a whole number", "limit=null": "a whole number",
		"limit=9223372036854775808": "a whole number", "limit=": "a whole number", "limit=1&limit=2": "once", "all=1": "true or false",
		"above=1e999": "not so large", "above=null": "so large", "limit=%zz": "cannot be read", "limit=0&all=x": `"parameter":"all"`,
	} {
		f.wants(f.send("GET", "/things?"+query, "", agent), 400, says)
	}
	f.wants(f.send("GET", "/things", ""), 400, "X-Agent: it is missing")
	f.wants(f.send("GET", "/things", "", "X-Agent: A"), 400, "must match")
	f.wants(f.send("GET", "/things", "", agent, agent), 400, "once")
	f.wants(f.send("GET", "/things/a%2Fb", ""), 200, `{"count":3}`)
	f.wants(f.send("GET", "/things/a%20b", ""), 200, `{"count":3}`)
	f.wants(f.send("GET", "/marks/ab", "", "If-Match: x"), 200, `"agent":"abx"`)
}

func TestBodies(t *testing.T) {
	t.Parallel()
	f := open(t, httpapi.Steps{MaxBody: 1000})
	f.wants(f.send("POST", "/things", `{"id":"ab","lines":[{"count":1}],"note":null,"tags":null}`), 201, `"id":"ab"`)
	f.wants(f.send("POST", "/things", `{"id":"ab","lines":[{"count":2.0}],"big":1e2}`), 201, `"lines":[{"count":2}],"big":100`)
	thing := func(more string) string { return `{"id":"ab","lines":[{"count":1}]` + more + `}` }
	for body, want := range map[string]struct {
		status int
		says   string
	}{
		"":                               {400, "one JSON value"},
		"[":                              {400, "one JSON value"},
		thing("") + "1":                  {400, "nothing after"},
		thing("") + "x":                  {400, "nothing after"},
		thing(`,"id":"b"`):               {400, `\"id\" is there twice`},
		thing(`,"ID":"b"`):               {400, `remove the field \"ID\"`},
		thing(`,"note":"\ud800"`):        {400, "surrogate"},
		thing(",\"note\":\"\xff\""):      {400, "UTF-8"},
		thing(`,"note":1`):               {400, `"#/note","detail":"expected a string, got a number"`},
		thing(`,"note":"sixsix"`):        {422, `"#/note","detail":"shorten it to 5`},
		thing(`,"color":"green"`):        {422, "one of [red blue]"},
		thing(`,"big":1.5`):              {400, "whole number"},
		thing(`,"big":9007199254740992`): {422, `"#/big"`},
		thing(`,"under":{"id":"A","lines":[{"count":1}]}`): {422, `"#/under/id","detail":"must be 2 to 8 small letters"`},
		thing(`,"tags":["a",1]`):                           {400, `"#/tags/1"`},
		`null`:                                             {422, "it is null; expected an object"},
		`[]`:                                               {400, "expected an object, got an array"},
		`{"id":"ab"}`:                                      {422, `"#/lines","detail":"it is missing"`},
		`{"id":"ab","lines":null}`:                         {422, "it is null; expected an array"},
		`{"id":"ab","lines":[]}`:                           {422, "there are 0"},
		`{"id":"ab","lines":[{"count":1},{"count":1},{"count":1}]}`: {422, "there are 3"},
		`{"id":"ab","lines":[{"count":0},null]}`:                    {422, `"#/lines/1"`},
		`{"id":"forbid","lines":[{"count":1}]}`:                     {422, "choose another one"},
		strings.Repeat("[", 900):                                    {400, "one JSON value"},
		strings.Repeat(" ", 1001):                                   {413, "1000 bytes"},
	} {
		f.wants(f.send("POST", "/things", body), want.status, want.says)
	}
	f.wants(f.send("POST", "/things", "{}", "Content-Type: "), 415, "application/json")
	f.wants(f.send("POST", "/things", "{}", "Content-Encoding: gzip"), 415, "Content-Encoding")
}

func TestUndocumentedStatus(t *testing.T) {
	t.Parallel()
	f := open(t, httpapi.Steps{})
	f.wants(f.send("POST", "/things", `{"id":"ab","lines":[{"count":1},{"count":1}]}`), 500, "its log has the request id")
}

func TestNotModified(t *testing.T) {
	t.Parallel()
	f := open(t, httpapi.Steps{})
	for _, has := range []string{`"ab"`, `W/"ab"`, `"x", "ab"`, "*"} {
		if got := f.send("GET", "/things/ab", "", "If-None-Match: "+has); got.Code != 304 || got.Body.Len() != 0 ||
			got.Header().Get("ETag") != `"ab"` {
			t.Errorf("%s: %d %s", has, got.Code, got.Body)
		}
	}
	f.wants(f.send("GET", "/things/ab", "", `If-None-Match: "x"`), 200, `{"count":2}`)
	if got := f.send("DELETE", "/things/ab", ""); got.Code != 204 || got.Body.Len() != 0 || got.Header().Get("Content-Type") != "" {
		t.Errorf("%d %v", got.Code, got.Header())
	}
}

// teller says who asks by two headers.
type teller struct{}

func (teller) Authenticate(r *http.Request) (httpapi.Identity, error) {
	if r.Header.Get("Who") == "" {
		return httpapi.Identity{}, httpapi.ErrAnonymous
	}
	return httpapi.Identity{Principal: "ada", Roles: []string{r.Header.Get("Who")}}, nil
}

func identified(t *testing.T) httpapi.Middleware {
	t.Helper()
	errs, err := httpapi.NewErrors(discard())
	if err != nil {
		t.Fatal(err)
	}
	identify, err := httpapi.Identify(errs, teller{}, httpapi.Anonymous())
	if err != nil {
		t.Fatal(err)
	}
	return identify
}

func TestAdmission(t *testing.T) {
	t.Parallel()
	f := open(t, httpapi.Steps{Identify: identified(t)})
	f.wants(f.send("GET", "/things/ab", ""), 200, "2")
	refused := f.send("DELETE", "/things/ab", "")
	f.wants(refused, 401, "credentials")
	if refused.Header().Get("WWW-Authenticate") != "Bearer" {
		t.Error("it does not say which")
	}
	if got := f.send("DELETE", "/things/ab", "", "Who: reader"); got.Code != 204 {
		t.Errorf("%d", got.Code)
	}
	f.wants(f.send("POST", "/things", `{`, "Who: reader"), 403, "role")
	f.wants(f.send("POST", "/things", `{"id":"ab","lines":[{"count":1}]}`, "Who: clerk"), 201, "ab")
}

func TestDefinitions(t *testing.T) {
	t.Parallel()
	do := func(context.Context, operations.Call[place, operations.None]) (a operations.Answer[operations.None], err error) {
		return a, nil
	}
	good := operations.Operation{Method: "PUT", Path: "/others/{id}", ID: "other"}
	for says, change := range map[string]func(*operations.Operation){
		"the id":                 func(o *operations.Operation) { o.ID = "a b" },
		"is that of":             func(o *operations.Operation) { o.ID = "makeThing" },
		"twice":                  func(o *operations.Operation) { o.Method, o.Path = "DELETE", "/things/{id}" },
		"has no {id}":            func(o *operations.Operation) { o.Path = "/others/" },
		"has no fields for":      func(o *operations.Operation) { o.Path = "/others/{id}/{part}" },
		"no status of success":   func(o *operations.Operation) { o.Answers = []operations.Outcome{{Status: 400}} },
		"no status of failure":   func(o *operations.Operation) { o.Problems = []operations.Outcome{{Status: 200}} },
		"need the step Identify": func(o *operations.Operation) { o.Roles = []string{"clerk"} },
		"documents know":         func(o *operations.Operation) { o.Method = "LINK" },
	} {
		f, o := open(t, httpapi.Steps{}), good
		change(&o)
		operations.Serve(f.api, o, do)
		if err := f.api.Publish("/again.json"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	f := open(t, httpapi.Steps{})
	type far struct{ *place }
	operations.Serve(f.api, good, func(context.Context, operations.Call[far, operations.None]) (a operations.Answer[operations.None], err error) {
		return a, nil
	})
	if err := f.api.Err(); err == nil || !strings.Contains(err.Error(), "the parameter place of") {
		t.Errorf("%v", err)
	}
	f = open(t, httpapi.Steps{})
	operations.Serve[place, json.RawMessage, operations.None](f.api, good, nil)
	if err := f.api.Err(); err == nil || !strings.Contains(err.Error(), "Operation.Body") {
		t.Errorf("%v", err)
	}
	if got := f.send("PUT", "/others/a", "{}"); got.Code != http.StatusNotFound {
		t.Errorf("it is served: %d", got.Code)
	}
}
