package served_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/millrace/millrace/internal/served"
)

func TestText(t *testing.T) {
	t.Parallel()
	ask := func(method, text, tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "/", http.NoBody)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		served.Text("application/json", []byte(text)).ServeHTTP(w, r)
		return w
	}
	first := ask(http.MethodGet, "{}", "")
	tag, header := first.Header().Get("ETag"), first.Header()
	if first.Code != http.StatusOK || first.Body.String() != "{}" || header.Get("Content-Type") != "application/json" ||
		header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%d %s %v", first.Code, first.Body, header)
	}
	if got := ask(http.MethodGet, "{}", tag); got.Code != http.StatusNotModified || got.Body.Len() > 0 {
		t.Errorf("who has it: %d %s", got.Code, got.Body)
	}
	if got := ask(http.MethodGet, "[]", tag); got.Code != http.StatusOK || got.Body.String() != "[]" || got.Header().Get("ETag") == tag {
		t.Errorf("who has another: %d %s", got.Code, got.Body)
	}
	if got := ask(http.MethodHead, "{}", ""); got.Code != http.StatusOK || got.Body.Len() > 0 || got.Header().Get("ETag") != tag {
		t.Errorf("the header alone: %d %s", got.Code, got.Body)
	}
}
