package shop_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestDocumentIsServed asks for each path of the document: none is unrouted.
func TestDocumentIsServed(t *testing.T) {
	t.Parallel()
	handler := withoutDatabase(t).Handler()
	ask := func(method, path string) *httptest.ResponseRecorder {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
		return recorder
	}
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(ask("GET", "/openapi.json").Body.Bytes(), &document); err != nil || document.OpenAPI != "3.1.0" {
		t.Fatalf("%s: %v", document.OpenAPI, err)
	}
	found := 0
	for path, operations := range document.Paths {
		for method := range operations {
			found++
			got := ask(strings.ToUpper(method), strings.ReplaceAll(path, "{id}", "!"))
			if strings.Contains(got.Body.String(), "nothing is served") || got.Code == http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d %s", method, path, got.Code, got.Body)
			}
		}
	}
	if found != 15 {
		t.Errorf("%d operations", found)
	}
}
