package httpapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/httpapi"
)

// unsized has a body whose length is not said.
type unsized struct{ io.Reader }

func TestMaxBody(t *testing.T) {
	t.Parallel()
	e, _ := newErrors(t)
	ran := 0
	h := httpapi.MaxBody(4)(e.Handle(func(w http.ResponseWriter, r *http.Request) error {
		ran++
		_, err := io.Copy(w, r.Body)
		return err
	}))
	if got := ask(t, h, "POST", "/", "1234"); got.status != 200 || got.body != "1234" {
		t.Errorf("%+v", got)
	}
	if got := ask(t, h, "POST", "/", "12345"); got.status != 413 || ran != 1 || !strings.Contains(got.problem.Detail, "4 bytes") {
		t.Errorf("its length is said: %+v, ran %d times", got, ran)
	}
	hidden := e.Handle(func(_ http.ResponseWriter, r *http.Request) error {
		_, err := io.ReadAll(r.Body)
		return err
	})
	w := httptest.NewRecorder()
	httpapi.MaxBody(4)(hidden).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", unsized{strings.NewReader("12345")}))
	if got := read(t, w.Result()); got.status != 413 || got.problem.Status != 413 {
		t.Errorf("its length is not said: %+v", got)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, said := newErrors(t)
		var ended error
		wait := func(w http.ResponseWriter, r *http.Request) error {
			select {
			case <-r.Context().Done():
				ended = r.Context().Err()
				if r.URL.Path == "/silent" {
					return nil
				}
				return ended
			case <-time.After(time.Minute):
				_, err := io.WriteString(w, "done")
				return err
			}
		}
		h := httpapi.Timeout(time.Second)(e.Handle(wait))
		for _, path := range []string{"/", "/silent"} {
			began := time.Now()
			if got := ask(t, h, "GET", path, ""); got.status != 504 || got.problem.Status != 504 || time.Since(began) != time.Second {
				t.Errorf("%s: %+v after %s", path, got, time.Since(began))
			}
			if !errors.Is(ended, context.DeadlineExceeded) {
				t.Errorf("%s: the handler is told %v", path, ended)
			}
		}
		for _, header := range [][]string{{"Accept", "text/event-stream"}, {"Connection", "Upgrade", "Upgrade", "websocket"}} {
			if got := ask(t, h, "GET", "/", "", header...); got.status != 200 || got.body != "done" {
				t.Errorf("%v: %+v", header, got)
			}
		}
		if said.String() != "" {
			t.Errorf("a time that is over is logged: %s", said)
		}
	})
}

// TestTimeoutCutsSlowClients has a client that never sends the rest of its body.
func TestTimeoutCutsSlowClients(t *testing.T) {
	t.Parallel()
	e, _ := newErrors(t)
	server := httptest.NewServer(httpapi.Timeout(50 * time.Millisecond)(e.Handle(func(_ http.ResponseWriter, r *http.Request) error {
		_, err := io.ReadAll(r.Body)
		return err
	})))
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	body, rest := io.Pipe()
	defer rest.Close()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, body)
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, response); got.status != 504 {
		t.Errorf("%+v", got)
	}
}
