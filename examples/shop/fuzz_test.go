package shop_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzOrderBody sends any body to a shop without a database: it is refused with a problem, or it is an order that
// could not be placed.
func FuzzOrderBody(f *testing.F) {
	for _, bad := range badBodies() {
		f.Add(bad.body)
	}
	f.Add(order("one", "Ada"))
	handler := withoutDatabase(f).Handler()
	f.Fuzz(func(t *testing.T, body string) {
		request := httptest.NewRequest(http.MethodPost, "/orders", strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		var p problem
		if err := json.Unmarshal(recorder.Body.Bytes(), &p); err != nil || p.Status != recorder.Code || p.Detail == "" {
			t.Fatalf("answered %d %s to %q", recorder.Code, recorder.Body, body)
		}
		switch p.Status {
		case 400, 413, 422, 503:
		default:
			t.Errorf("answered %d to %q", p.Status, body)
		}
	})
}
