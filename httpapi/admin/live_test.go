package admin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/httpapi/admin"
)

// screen is a viewer's connection.
type screen struct {
	header http.Header
	status int
	mu     sync.Mutex
	text   strings.Builder
}

func (s *screen) Header() http.Header { return s.header }

func (s *screen) WriteHeader(status int) { s.status = status }

func (s *screen) Flush() {}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// take is what has come since the last time.
func (s *screen) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.text.String()
	s.text.Reset()
	return text
}

// look follows the console until the returned function is called.
func look(t *testing.T, c http.Handler, badge, path string) (*screen, func()) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	s := &screen{header: http.Header{}}
	r := httptest.NewRequestWithContext(ctx, "GET", path, nil)
	r.Header.Set("Authorization", "Bearer "+badge)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.ServeHTTP(s, r)
	}()
	synctest.Wait()
	return s, func() {
		leave()
		<-done
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &house{lamps: []lamp{{id: "a", tenant: "acme"}, {id: "b", tenant: "beta"}}}
		c := open(t, &paper{}, admin.Actors("operator"), sections(t, h.spec()))
		all, leaveAll := look(t, c, "ann..operator.all-tenants", "/api/live")
		acme, leaveAcme := look(t, c, "bob.acme.viewer", "/api/live?section=lamps")
		if got := all.take(); !strings.Contains(got, "event: section\ndata: {\"section\":\"lamps\"") || !strings.Contains(got, `"total":2`) {
			t.Errorf("all: %q", got)
		}
		if got := acme.take(); !strings.Contains(got, `"total":1`) {
			t.Errorf("acme: %q", got)
		}
		<-time.After(9 * time.Second)
		synctest.Wait()
		if got := all.take() + acme.take(); got != "" || h.count() != 5 {
			t.Errorf("nothing has changed, and they are told %q; read %d times", got, h.count())
		}
		h.set(lamp{id: "a", tenant: "acme"}, lamp{id: "b", tenant: "beta", lit: true})
		<-time.After(2 * time.Second)
		synctest.Wait()
		if got := all.take(); strings.Count(got, "data:") != 1 {
			t.Errorf("all: %q", got)
		}
		if got := acme.take(); got != "" {
			t.Errorf("acme is told of beta's: %q", got)
		}
		if got := ask(t, c, "ann..operator.all-tenants", "POST", "/api/lamps/a/light", `{"reason":"dark"}`); got.status != 200 {
			t.Error(got.body)
		}
		synctest.Wait()
		if got := acme.take(); strings.Count(got, "data:") != 1 {
			t.Errorf("what was done is told at once: %q", got)
		}
		leaveAcme()
		leaveAll()
		before := h.count()
		<-time.After(time.Hour)
		if h.count() != before {
			t.Errorf("nobody looks, and it is read %d times", h.count()-before)
		}
		again, leave := look(t, c, "ann..viewer.all-tenants", "/api/live")
		if got := again.take(); strings.Count(got, "data:") != 1 {
			t.Errorf("who comes later: %q", got)
		}
		leave()
	})
}

func TestStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &house{lamps: []lamp{{id: "a"}}}
		c := open(t, &paper{}, sections(t, h.spec()), admin.Streams(2))
		first, leaveFirst := look(t, c, "ann..viewer.all-tenants", "/api/live")
		_, leaveSecond := look(t, c, "bob..viewer.all-tenants", "/api/live")
		if got := ask(t, c, "eve..viewer.all-tenants", "GET", "/api/live", ""); got.status != 503 || got.header.Get("Retry-After") == "" {
			t.Errorf("%d %s", got.status, got.body)
		}
		leaveSecond()
		third, leaveThird := look(t, c, "eve..viewer.all-tenants", "/api/live")
		first.take()
		<-time.After(46 * time.Second)
		synctest.Wait()
		if got := first.take(); got != ":\n\n:\n\n:\n\n" {
			t.Errorf("heartbeats: %q", got)
		}
		if got := third.header.Get("Content-Type"); got != "text/event-stream" {
			t.Error(got)
		}
		<-time.After(15 * time.Minute)
		synctest.Wait()
		before := h.count()
		<-time.After(time.Hour)
		if h.count() != before {
			t.Error("streams go on for good, with credentials that may be gone")
		}
		leaveFirst()
		leaveThird()
		_, left := look(t, c, "ann..viewer.all-tenants", "/api/live")
		c.Drain()
		synctest.Wait()
		before = h.count()
		<-time.After(time.Hour)
		if h.count() != before {
			t.Error("a stream goes on when the server ends")
		}
		left()
		if got := ask(t, c, "eve..viewer.all-tenants", "GET", "/api/live?section=chairs", ""); got.status != 404 {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
}
