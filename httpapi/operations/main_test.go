package operations_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations"
)

type color string

// draft is what is asked for.
type draft struct {
	ID    string   `json:"id" jsonschema:"2 to 8 small letters" pattern:"^[a-z]{2,8}$"`
	Color color    `json:"color,omitempty" enum:"red,blue"`
	Note  *string  `json:"note,omitempty" maxLength:"5"`
	Lines []line   `json:"lines" minItems:"1" maxItems:"2"`
	Big   int64    `json:"big,omitempty"`
	Under *draft   `json:"under,omitempty"`
	Tags  []string `json:"tags,omitempty"`
}

type line struct {
	Count int `json:"count" minimum:"1" maximum:"9"`
}

// Check has what tags cannot say.
func (d draft) Check() []httpapi.Invalid {
	if d.ID == "forbidden"[:6] {
		return []httpapi.Invalid{{Pointer: "#/id", Detail: "choose another one"}}
	}
	return nil
}

type place struct {
	ID string `path:"id"`
}

// mark has the parameters of a place, and one of its own.
type mark struct {
	place

	Match string `header:"If-Match"`
}

type window struct {
	Limit int64   `query:"limit" default:"20" minimum:"1" maximum:"100" jsonschema:"how many"`
	All   bool    `query:"all"`
	Above float64 `query:"above"`
	Agent string  `header:"X-Agent" required:"true" pattern:"^[a-z]+$"`
}

type things struct {
	Limit int64   `json:"limit"`
	All   bool    `json:"all"`
	Above float64 `json:"above"`
	Agent string  `json:"agent"`
}

// fixture is operations behind steps.
type fixture struct {
	*testing.T
	api    *operations.API
	router chi.Router
}

func open(t *testing.T, steps httpapi.Steps) *fixture {
	t.Helper()
	errs, err := httpapi.NewErrors(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	steps.Errors = errs
	chain, err := httpapi.Chain(steps)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{T: t, router: chi.NewRouter()}
	f.router.Use(chain...)
	errs.Unrouted(f.router)
	f.api = operations.New(f.router, steps, operations.About{
		Title: "Things", Version: "1", Problems: []operations.Outcome{{Status: 503, Meaning: "a server is away"}},
	})
	operations.Serve(f.api, operations.Operation{
		Method: http.MethodPost, Path: "/things", ID: "makeThing", Summary: "Makes a thing", Tag: "things", Roles: roles(steps),
		Answers: []operations.Outcome{{Status: 201, Meaning: "made"}, {Status: 200, Meaning: "it is there"}},
		Headers: []operations.Header{{Name: "Location", Meaning: "where it is"}},
	}, func(_ context.Context, c operations.Call[operations.None, draft]) (a operations.Answer[draft], err error) {
		a.Status, a.Body = len(c.Body.Lines)*100+101, c.Body
		a.Header = http.Header{"Location": {"/things/" + c.Body.ID}}
		return a, nil
	})
	operations.Serve(f.api, operations.Operation{
		Method: http.MethodGet, Path: "/things/{id}", ID: "getThing", Tag: "things", Public: true,
		Headers:  []operations.Header{{Name: "ETag", Meaning: "its version"}},
		Problems: []operations.Outcome{{Status: 404}},
	}, func(_ context.Context, c operations.Call[place, operations.None]) (a operations.Answer[line], err error) {
		a.Header, a.Body.Count = http.Header{"Etag": {strconv.Quote(c.At.ID)}}, len(c.At.ID)
		return a, nil
	})
	operations.Serve(f.api, operations.Operation{Method: http.MethodGet, Path: "/things", ID: "listThings", Public: true},
		func(_ context.Context, c operations.Call[window, operations.None]) (operations.Answer[things], error) {
			return operations.Answer[things]{Body: things(c.At)}, nil
		})
	operations.Serve(f.api, operations.Operation{Method: http.MethodDelete, Path: "/things/{id}", ID: "dropThing"},
		func(context.Context, operations.Call[place, operations.None]) (a operations.Answer[operations.None], err error) {
			return a, nil
		})
	operations.Serve(f.api, operations.Operation{Method: http.MethodGet, Path: "/marks/{id}", ID: "getMark", Public: true},
		func(_ context.Context, c operations.Call[mark, operations.None]) (a operations.Answer[things], err error) {
			a.Body.Agent = c.At.ID + c.At.Match
			return a, nil
		})
	if err := f.api.Publish("/openapi.json"); err != nil {
		t.Fatal(err)
	}
	return f
}

func roles(steps httpapi.Steps) []string {
	if steps.Identify == nil {
		return nil
	}
	return []string{"clerk"}
}

// send sends a request with headers, "name: value".
func (f *fixture) send(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	f.Helper()
	r := httptest.NewRequestWithContext(f.Context(), method, target, io.NopCloser(strings.NewReader(body)))
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if value == "" {
			r.Header.Del(name)
		} else {
			r.Header.Add(name, value)
		}
	}
	w := httptest.NewRecorder()
	f.router.ServeHTTP(w, r)
	return w
}

func (f *fixture) wants(w *httptest.ResponseRecorder, status int, says string) {
	f.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), says) {
		f.Errorf("%d %s, want %d and %s", w.Code, w.Body, status, says)
	}
}
