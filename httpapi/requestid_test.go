package httpapi_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

func TestRequestID(t *testing.T) {
	t.Parallel()
	h := httpapi.RequestID(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, request.From(r.Context()).ID)
	}))
	if got := ask(t, h, "GET", "/", "", "X-Request-Id", "a-1"); got.body != "a-1" || got.header.Get("X-Request-Id") != "a-1" {
		t.Errorf("%+v", got)
	}
	seen := map[string]bool{}
	for _, given := range [][]string{
		nil,
		{"X-Request-Id", ""},
		{"X-Request-Id", "a b"},
		{"X-Request-Id", "a\nlevel=ERROR"},
		{"X-Request-Id", strings.Repeat("x", 129)},
		{"X-Request-Id", "a", "X-Request-Id", "b"},
	} {
		got := ask(t, h, "GET", "/", "", given...)
		if len(got.body) < 20 || len(got.body) > 40 || got.header.Get("X-Request-Id") != got.body || seen[got.body] {
			t.Errorf("%q: %+v", given, got)
		}
		seen[got.body] = true
	}
}
