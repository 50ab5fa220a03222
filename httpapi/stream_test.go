package httpapi_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

func TestStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := httpapi.RequestID(httpapi.Timeout(time.Second)(httpapi.Stream(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, has := r.Context().Deadline(); has || request.From(r.Context()).ID != "one" {
				t.Errorf("the context has a deadline, or is not of the request %+v", request.From(r.Context()))
			}
			select {
			case <-time.After(time.Minute):
				_, _ = io.WriteString(w, "done")
			case <-r.Context().Done():
				_, _ = io.WriteString(w, context.Cause(r.Context()).Error())
			}
		}))))
		if got := ask(t, h, "GET", "/", "", "X-Request-Id", "one"); got.status != 200 || got.body != "done" {
			t.Errorf("%+v", got)
		}
		ctx, gone := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, gone)
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		r.Header.Set("X-Request-Id", "one")
		w, began := httptest.NewRecorder(), time.Now()
		h.ServeHTTP(w, r)
		if w.Body.String() != context.Canceled.Error() || time.Since(began) != 2*time.Second {
			t.Errorf("a client that has gone: %q after %s", w.Body, time.Since(began))
		}
	})
}
