package problem_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/millrace/millrace/problem"
	"github.com/millrace/millrace/request"
)

func answered(p *problem.Problem, method string, info request.Info) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	w.Header().Set("Etag", `"old"`)
	w.Header().Set("Content-Length", "1000")
	r := httptest.NewRequestWithContext(request.With(context.Background(), info), method, "/", nil)
	p.Write(w, r)
	return w
}

func TestWrite(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		p      problem.Problem
		method string
		status int
		body   string
	}{
		{problem.Problem{}, "GET", 500, `{"type":"about:blank","title":"Internal Server Error","status":500,"request_id":"r1"}`},
		{
			problem.Problem{Status: 200, Detail: "x"},
			"GET", 500,
			`{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"x","request_id":"r1"}`,
		},
		{
			problem.Problem{Status: 409, Type: "/full", Title: "Full", Detail: "wait", Instance: "/1", Extensions: []problem.Extension{
				problem.Extend("room", 0), problem.Extend("room", 1), problem.Extend("broken", func() {}),
			}}, "POST", 409, `{"type":"/full","title":"Full","status":409,"detail":"wait","instance":"/1","request_id":"r1","room":0}`,
		},
		{problem.Problem{Status: 404}, "HEAD", 404, ``},
	} {
		test.p.Header = http.Header{"Retry-After": {"1"}, "Etag": {`"new"`}}
		w := answered(&test.p, test.method, request.Info{ID: "r1"})
		header := w.Result().Header
		if w.Code != test.status || w.Body.String() != test.body {
			t.Errorf("%d %s, want %d %s", w.Code, w.Body, test.status, test.body)
		}
		if header.Get("Content-Type") != "application/problem+json" || header.Get("Retry-After") != "1" || header.Get("Etag") != `"new"` ||
			header.Get("Content-Length") != "" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v", header)
		}
	}
	if header := answered(&problem.Problem{}, "GET", request.Info{}).Header(); header.Get("Etag") != "" {
		t.Errorf("the tag of what was given up remains: %v", header)
	}
}

func TestExtend(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"type", "title", "status", "detail", "instance", "request_id", "ab", "a b", ""} {
		if problem.Extend(name, 1).Err() == nil {
			t.Errorf("%q was taken", name)
		}
	}
	if err := problem.Extend("room", 1).Err(); err != nil {
		t.Error(err)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	p := problem.Problem{
		Status: 409, Type: "/full", Title: "Full", Detail: "wait", Instance: "/1",
		Extensions: []problem.Extension{problem.Extend("left", []int{1}), problem.Extend("room", 0)},
	}
	text, err := json.Marshal(p)
	var read problem.Problem
	err = errors.Join(err, json.Unmarshal(text, &read))
	again, errAgain := json.Marshal(read)
	if err = errors.Join(err, errAgain); err != nil || string(again) != string(text) || read.Detail != "wait" || len(read.Extensions) != 2 {
		t.Errorf("%+v, %v, of %s", read, err, text)
	}
	for _, text := range []string{`[]`, `{"status":"x"}`, `{`} {
		if err := json.Unmarshal([]byte(text), &read); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}
