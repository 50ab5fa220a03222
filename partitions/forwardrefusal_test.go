//go:build synctests

package partitions_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/problem"
	"github.com/millrace/millrace/request"
)

// detailOf is what a problem says to do.
func detailOf(t *testing.T, response *http.Response, text []byte) string {
	t.Helper()
	var p problem.Problem
	if err := json.Unmarshal(text, &p); err != nil || p.Status != response.StatusCode || p.Detail == "" ||
		response.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %v is no problem: %s", response.StatusCode, response.Header, text)
	}
	return p.Detail
}

// TestForwardRefusals sends requests that nobody can serve: each is told what to do, by a problem with its id.
func TestForwardRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		b := w.open()
		defer b.Close()
		node := func(id string, opts ...partitions.Option) (*partitions.Group, http.Handler) {
			t.Helper()
			g, _, err := w.ledger(b, id, append(opts, partitions.Weight(0))...)
			if err != nil {
				t.Fatal(err)
			}
			return g, g.Forward(func(r *http.Request) (string, error) {
				switch r.URL.Path {
				case "/text":
					return "", errors.New("name an account")
				case "/problem":
					return "", &problem.Problem{Status: http.StatusUnprocessableEntity, Detail: "name another account"}
				}
				return "ada", nil
			}, partitions.ForwardWait(time.Second))(http.NotFoundHandler())
		}
		plain, unset := node("plain")
		client, refuses := node("client", partitions.Advertise("client:1"), partitions.PeerSecret(secret))
		ask := func(h http.Handler, path string, wait time.Duration, header ...string) (int, string, string) {
			t.Helper()
			ctx, cancel := context.WithTimeout(request.With(t.Context(), request.Info{ID: "r-1"}), wait)
			defer cancel()
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, io.NopCloser(strings.NewReader("x")))
			if len(header) > 0 {
				r.Header.Set(header[0], header[1])
			}
			recorder := httptest.NewRecorder()
			h.ServeHTTP(recorder, r)
			if !strings.Contains(recorder.Body.String(), `"request_id":"r-1"`) {
				t.Errorf("no id in %s", recorder.Body)
			}
			answer := recorder.Result()
			return answer.StatusCode, detailOf(t, answer, recorder.Body.Bytes()), answer.Header.Get("Retry-After")
		}
		if code, detail, after := ask(refuses, "/", time.Minute); code != 503 || !strings.Contains(detail, "nothing was done") || after != "1" {
			t.Errorf("a group that does not run: %d %s, after %q", code, detail, after)
		}
		defer start(t, plain)()
		defer start(t, client)()
		<-time.After(15 * time.Second)
		for i, test := range []struct {
			handler http.Handler
			path    string
			wait    time.Duration
			peer    string
			status  int
			says    string
		}{
			{unset, "/", time.Minute, "", 500, "the server's log"},
			{refuses, "/text", time.Minute, "", 400, "name an account"},
			{refuses, "/problem", time.Minute, "", 422, "name another account"},
			{refuses, "/", time.Minute, "1 2 3 4 5", 403, "signature"},
			{refuses, "/", time.Minute, "", 503, "nothing was done"},
			{refuses, "/", 100 * time.Millisecond, "", 503, "nothing was done"}, // its time is over before the wait is
		} {
			header := []string{"Millrace-Peer", test.peer}
			if test.peer == "" {
				header = nil
			}
			if code, detail, _ := ask(test.handler, test.path, test.wait, header...); code != test.status || !strings.Contains(detail, test.says) {
				t.Errorf("%d: %d %s, want %d %s", i, code, detail, test.status, test.says)
			}
		}
	})
}
