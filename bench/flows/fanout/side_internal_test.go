package fanout

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

type kept struct {
	http.Handler

	payloads []string
}

func (k *kept) Publish(_ context.Context, payloads ...string) error {
	k.payloads = append(k.payloads, payloads...)
	return nil
}

func (*kept) Hello() string { return "" }
func (*kept) Close() error  { return nil }

func TestPublish(t *testing.T) {
	t.Parallel()
	e := &kept{Handler: http.NotFoundHandler()}
	h := handler(e)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/publish",
		strings.NewReader(`{"count":5,"burst":2,"size":200,"every":1000}`)))
	if answer.Code != http.StatusOK || len(e.payloads) != 5 {
		t.Fatalf("%d: %d payloads", answer.Code, len(e.payloads))
	}
	for _, p := range e.payloads {
		if len(p) != 200 || p[0] != Marker || strings.Count(p, string(Marker)) != 1 || strings.Trim(p[1:1+Digits], "0123456789") != "" {
			t.Errorf("%q", p)
		}
	}
	answer = httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/idle", nil))
	if !strings.Contains(answer.Body.String(), `"goroutines":`) {
		t.Error(answer.Body)
	}
}
