package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/httpapi"
)

var errNotFound = errors.New("no such row in table orders")

func TestProblems(t *testing.T) {
	t.Parallel()
	e, said := newErrors(t, func(err error) *httpapi.Problem {
		if errors.Is(err, errNotFound) {
			return &httpapi.Problem{Status: http.StatusNotFound, Detail: "no order has this id"}
		}
		if strings.Contains(err.Error(), "dial") {
			return &httpapi.Problem{Status: http.StatusServiceUnavailable, Detail: "try again"}
		}
		return nil
	})
	for name, test := range map[string]struct {
		err  error
		want problem
		log  bool
	}{
		"a problem": {
			err: fmt.Errorf("wrapped: %w", &httpapi.Problem{
				Status: 403, Type: "https://example.com/credit", Title: "No credit", Detail: "pay first", Instance: "/accounts/1",
				Extensions: []httpapi.Extension{
					httpapi.Extend("balance", 30), httpapi.Extend("balance", 31), httpapi.Extend("status", 200),
					httpapi.Extend("f", 1),
				},
			}),
			want: problem{
				Status: 403, Type: "https://example.com/credit", Title: "No credit", Detail: "pay first", Instance: "/accounts/1",
				Balance: new(30),
			},
		},
		"with places": {
			err: httpapi.Unprocessable("look", httpapi.Invalid{Pointer: "#/a", Detail: "too small"}),
			want: problem{
				Status: 422, Type: "about:blank", Title: "Unprocessable Entity", Detail: "look",
				Errors: []httpapi.Invalid{{Pointer: "#/a", Detail: "too small"}},
			},
		},
		"an odd status": {err: &httpapi.Problem{Status: 200}, want: problem{Status: 500, Type: "about:blank", Title: "Internal Server Error"}},
		"translated":    {err: errNotFound, want: problem{Status: 404, Type: "about:blank", Title: "Not Found", Detail: "no order has this id"}},
		"translated into a failure": {
			err: errors.New("dial confidential.internal"), log: true,
			want: problem{Status: 503, Type: "about:blank", Title: "Service Unavailable", Detail: "try again"},
		},
		"anything else": {
			err: errors.New("password=confidential"), log: true,
			want: problem{Status: 500, Type: "about:blank", Title: "Internal Server Error", Detail: "the server failed; its log has the request id"},
		},
	} {
		before := said.String()
		h := httpapi.RequestID(e.Handle(func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Length", "7")
			w.Header().Set("ETag", `"x"`)
			return test.err
		}))
		got := ask(t, h, "GET", "/", "", "X-Request-Id", "r1")
		test.want.RequestID = "r1"
		if fmt.Sprintf("%+v", pointed(got.problem)) != fmt.Sprintf("%+v", pointed(test.want)) || got.header.Get("ETag") != "" {
			t.Errorf("%s: %+v %v", name, got.problem, got.header)
		}
		logged := strings.TrimPrefix(said.String(), before)
		if test.log != (strings.Contains(logged, "confidential") && strings.Contains(logged, "request_id=r1")) ||
			strings.Contains(got.body, "confidential") {
			t.Errorf("%s: log %q", name, logged)
		}
	}
	if err := httpapi.Extend("channel", make(chan int)).Err(); err == nil || httpapi.Extend("title", 1).Err() == nil ||
		httpapi.Extend("good_one", 1).Err() != nil {
		t.Error("extensions are not checked")
	}
}

// pointed has the number in place of its address.
func pointed(p problem) any {
	balance := -1
	if p.Balance != nil {
		balance = *p.Balance
	}
	p.Balance = nil
	return struct {
		problem
		balance int
	}{p, balance}
}

func TestRecover(t *testing.T) {
	t.Parallel()
	e, said := newErrors(t)
	h := e.Recover(httpapi.RequestID(e.Recover(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/late":
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
		case "/abort":
			panic(http.ErrAbortHandler)
		}
		panic("confidential")
	}))))
	server := httptest.NewServer(h)
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	get := func(path string) (*http.Response, error) {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		return server.Client().Do(r)
	}
	response, err := get("/")
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, response)
	if got.status != 500 || got.problem.RequestID == "" || strings.Contains(got.body, "confidential") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if text := said.String(); !strings.Contains(text, "confidential") || !strings.Contains(text, "errors_test.go") ||
		!strings.Contains(text, got.problem.RequestID) {
		t.Errorf("the log has not the stack: %s", text)
	}
	if response, err := get("/late"); err == nil {
		if text, err := io.ReadAll(response.Body); err == nil {
			t.Errorf("an answer that is not whole ends as if it were: %q", text)
		}
		response.Body.Close()
	}
	before := said.String()
	if response, err := get("/abort"); err == nil {
		t.Errorf("an aborted request is answered: %d", response.StatusCode)
		response.Body.Close()
	}
	if said.String() != before {
		t.Errorf("an abort is logged: %s", strings.TrimPrefix(said.String(), before))
	}
}

func TestUnrouted(t *testing.T) {
	t.Parallel()
	e, _ := newErrors(t)
	r := chi.NewRouter()
	r.Use(httpapi.RequestID)
	e.Unrouted(r)
	r.Get("/orders", answering("all").ServeHTTP)
	r.Delete("/orders", answering("gone").ServeHTTP)
	r.Route("/deep", func(r chi.Router) { r.Post("/{id}", answering("one").ServeHTTP) })
	if got := ask(t, r, "GET", "/nowhere", "", "X-Request-Id", "r1"); got.status != 404 || got.problem.RequestID != "r1" {
		t.Errorf("%+v", got)
	}
	if got := ask(t, r, "PUT", "/orders", ""); got.status != 405 || fmt.Sprint(got.header["Allow"]) != "[GET DELETE]" || got.problem.Status != 405 {
		t.Errorf("%+v", got)
	}
	if got := ask(t, r, "GET", "/deep/1", ""); got.status != 405 || fmt.Sprint(got.header["Allow"]) != "[POST]" {
		t.Errorf("%+v", got)
	}
	if got := ask(t, r, "GET", "/deep/1/2", ""); got.status != 404 || got.problem.Status != 404 {
		t.Errorf("%+v", got)
	}
}

func TestClientHasGone(t *testing.T) {
	t.Parallel()
	e, said := newErrors(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	e.Handle(func(_ http.ResponseWriter, r *http.Request) error { return r.Context().Err() }).
		ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
	if w.Code != 499 || said.String() != "" {
		t.Errorf("%d, log %q", w.Code, said)
	}
}
