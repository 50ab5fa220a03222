package operations_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/internal/golden"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func passes(next http.Handler) http.Handler { return next }

// TestDocument holds the document of operations behind all steps against a recorded one, and its references against its parts.
func TestDocument(t *testing.T) {
	t.Parallel()
	all := httpapi.Steps{Identify: identified(t), CrossOrigin: passes, RateLimit: passes, Idempotency: passes, ReplayGuard: passes}
	got := open(t, all).send("GET", "/openapi.json", "")
	golden.Compare(t, "testdata/openapi.json", got.Body.Bytes())
	if got.Header().Get("Content-Type") != "application/json" || got.Header().Get("ETag") == "" {
		t.Errorf("%v", got.Header())
	}
	var document struct {
		Paths      map[string]map[string]struct{ Responses map[string]json.RawMessage }
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal(got.Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	for _, after := range strings.Split(got.Body.String(), `"$ref": "`)[1:] {
		to, _, _ := strings.Cut(after, `"`)
		if document.Components.Schemas[strings.TrimPrefix(to, "#/components/schemas/")] == nil {
			t.Errorf("%s refers to nothing", to)
		}
	}
	statuses := func(steps httpapi.Steps, path, method string) (found []string) {
		if err := json.Unmarshal(open(t, steps).send("GET", "/openapi.json", "").Body.Bytes(), &document); err != nil {
			t.Fatal(err)
		}
		for status := range document.Paths[path][method].Responses {
			found = append(found, status)
		}
		slices.Sort(found)
		return found
	}
	for _, test := range []struct {
		steps        httpapi.Steps
		path, method string
		want         string
	}{
		{httpapi.Steps{Timeout: -1, MaxBody: -1}, "/things/{id}", "delete", "204 400 500 503"},
		{httpapi.Steps{}, "/things/{id}", "get", "200 304 400 404 500 503 504"},
		{httpapi.Steps{}, "/things", "post", "200 201 400 408 413 415 422 500 503 504"},
		{httpapi.Steps{RateLimit: passes}, "/things", "get", "200 400 429 500 503 504"},
		{all, "/things", "post", "200 201 400 401 403 408 409 413 415 422 429 500 503 504"},
	} {
		if got := strings.Join(statuses(test.steps, test.path, test.method), " "); got != test.want {
			t.Errorf("%s %s: %s, want %s", test.method, test.path, got, test.want)
		}
	}
}

// TestOwnKey has an operation that reads the idempotency key itself, behind the step that does: the document has it once.
func TestOwnKey(t *testing.T) {
	t.Parallel()
	f := open(t, httpapi.Steps{Idempotency: passes})
	type keyed struct {
		Key string `header:"idempotency-key" jsonschema:"as it is meant here"`
	}
	operations.Serve(f.api, operations.Operation{Method: http.MethodPost, Path: "/own", ID: "own"},
		func(context.Context, operations.Call[keyed, operations.None]) (a operations.Answer[operations.None], err error) {
			return a, nil
		})
	text, err := f.api.Document()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, Description string }
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	if all := document.Paths["/own"]["post"].Parameters; len(all) != 1 || all[0].Description != "as it is meant here" {
		t.Errorf("%+v", all)
	}
}
