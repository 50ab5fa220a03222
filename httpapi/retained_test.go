package httpapi_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/httpapi"
)

// TestRequestsAreRetained has a handler that starts a goroutine which looks at the request when that is over: the race detector looks for whoever
// changes it.
func TestRequestsAreRetained(t *testing.T) {
	t.Parallel()
	e, _ := newErrors(t)
	chain, err := httpapi.Chain(httpapi.Steps{Errors: e})
	if err != nil {
		t.Fatal(err)
	}
	r := chi.NewRouter()
	r.Use(chain...)
	var begun sync.WaitGroup
	over := make(chan struct{})
	r.Get("/", func(_ http.ResponseWriter, r *http.Request) {
		begun.Go(func() {
			for {
				if _, has := r.Context().Deadline(); !has || r.MultipartForm != nil {
					t.Error("it is another request")
				}
				select {
				case <-over:
					return
				default:
				}
			}
		})
	})
	for range 100 {
		ask(t, r, "GET", "/", "")
	}
	close(over)
	begun.Wait()
}
