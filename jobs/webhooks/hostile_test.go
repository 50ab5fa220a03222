//go:build synctests

package webhooks_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs/webhooks"
)

// TestHostileReceivers meets receivers that do what they should not. Each has one attempt, whose outcome and time are known.
func TestHostileReceivers(t *testing.T) {
	t.Parallel()
	block := strings.Repeat("x", 1<<16)
	for name, test := range map[string]struct {
		serve  http.HandlerFunc
		addrs  []string
		status int
		failed string
		most   time.Duration
		body   int
	}{
		"hangs": {
			serve: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, failed: "timeout", most: 11 * time.Second,
		},
		"dribbles its header for ever": {
			serve: func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					panic(err)
				}
				_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nX-A: "))
				for range 10_000 {
					<-time.After(time.Second)
					if _, err := conn.Write([]byte("a")); err != nil {
						return
					}
				}
			}, failed: "timeout", most: 11 * time.Second,
		},
		"answers 200 and dribbles for ever": {
			serve: func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					if _, err := w.Write([]byte("a")); err != nil || http.NewResponseController(w).Flush() != nil {
						return
					}
					<-time.After(time.Second)
				}
			}, status: 200, most: 3 * time.Second, body: 2,
		},
		"has a body of 2 GB": {
			serve: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", fmt.Sprint(2<<30))
				for range 2 << 14 {
					if _, err := w.Write([]byte(block)); err != nil {
						return
					}
				}
			}, status: 200, most: time.Second, body: 512,
		},
		"fails with a body of 2 GB": {
			serve: func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusInternalServerError)
				for range 2 << 14 {
					if _, err := w.Write([]byte(block)); err != nil {
						return
					}
				}
			}, status: 500, most: time.Second, body: 512,
		},
		"has a header of 1 MB": {
			serve: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Large", strings.Repeat(block, 16))
				w.WriteHeader(http.StatusOK)
			}, failed: "no valid answer", most: time.Second,
		},
		"redirects": {
			serve: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://b.example.com/", http.StatusTemporaryRedirect)
			}, status: 307, most: time.Second, body: 0,
		},
		"redirects inside": {
			serve: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
			}, status: 302, most: time.Second, body: 0,
		},
		"is inside": {addrs: []string{"10.0.0.1"}, failed: "target refused", most: time.Second},
		"closes": {
			serve: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, failed: "connection failed",
			most: time.Second,
		},
		"is no server": {serve: hijacked("SSH-2.0-OpenSSH_9.6\r\n"), failed: "no valid answer", most: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			selling(t, func(s *shop) {
				s.net.serve("a.example.com", test.serve)
				s.net.addrs["a.example.com"] = test.addrs
				s.create("a.example.com")
				s.send("msg_1")
				s.world.Advance(12 * time.Second)
				log := s.log("at-a")
				if len(log) != 1 {
					s.t.Fatalf("%+v", log)
				}
				a := log[0]
				if a.Status != test.status || a.Failed != test.failed || a.Took > test.most || len(a.Excerpt) < test.body || len(a.Excerpt) > 512 {
					s.t.Errorf("%+v", a)
				}
				if (a.Outcome == webhooks.OutcomeDelivered) != (test.status == 200) {
					s.t.Errorf("it is %s", a.Outcome)
				}
				if got := s.net.at("b.example.com"); len(got) != 0 {
					s.t.Error("a redirect is followed")
				}
				if test.addrs != nil && len(s.net.at("a.example.com")) != 0 {
					s.t.Error("a private address is connected to")
				}
			}, webhooks.Timeout(10*time.Second), webhooks.Schedule(time.Hour))
		})
	}
}

func hijacked(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = conn.Write([]byte(text))
		_ = conn.Close()
	}
}

// TestRebinding lets a name mean a private address from its second look-up on, and closes the connection that the first one had.
func TestRebinding(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.net.addrs["a.example.com"] = []string{"8.8.8.8", "127.0.0.1"}
		s.net.serve("a.example.com", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusInternalServerError)
		})
		s.create("a.example.com")
		s.send("msg_1")
		s.world.Advance(15 * time.Second)
		log := s.log("at-a")
		if len(log) != 2 || log[0].Status != 500 || log[1].Failed != "target refused" || len(s.net.at("a.example.com")) != 1 {
			s.t.Errorf("%+v", log)
		}
	}, webhooks.Schedule(10*time.Second, time.Hour))
}

// TestDisabledIsLoggedOnce lets the transaction fail that disables an endpoint: what is logged is what was committed.
func TestDisabledIsLoggedOnce(t *testing.T) {
	t.Parallel()
	logged := &bytes.Buffer{}
	selling(t, func(s *shop) {
		s.create("a.example.com")
		s.net.serve("a.example.com", func(w http.ResponseWriter, _ *http.Request) {
			s.world.Settle()
			s.group.Abort(1)
			w.WriteHeader(http.StatusGone)
		})
		s.send("msg_1")
		s.world.Advance(10 * time.Second)
		if d := s.describe("at-a"); d.Endpoint.Enabled {
			s.t.Errorf("%+v", d)
		}
		if said := logged.String(); strings.Count(said, "an endpoint is disabled") != 1 {
			s.t.Errorf("it says\n%s", said)
		}
	}, webhooks.Logger(slog.New(slog.NewTextHandler(logged, nil))))
}

// TestGone disables an endpoint that answers 410, tells that, and goes on with what waits when it is enabled.
func TestGone(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com")
		s.net.serve("a.example.com", status(http.StatusGone))
		s.send("msg_1")
		s.world.Settle()
		s.world.Advance(2 * time.Second)
		s.send("msg_2") // whom nobody is told of
		s.world.Advance(time.Minute)
		if got := s.net.at("a.example.com"); len(got) != 1 {
			s.t.Errorf("%v arrived", ids(got))
		}
		e, err := s.hooks.Endpoint(s.ctx, s.node.Group(), "at-a")
		if err != nil || e.Enabled || !strings.Contains(e.Disabled, "410") {
			s.t.Errorf("%+v, %v", e, err)
		}
		if d := s.describe("at-a"); d.Endpoint.Enabled || d.Queued != 1 {
			s.t.Errorf("%+v", d)
		}
		s.net.serve("a.example.com", status(http.StatusOK))
		if e, err = s.hooks.Enable(s.ctx, s.node.Group(), "at-a"); err != nil || !e.Enabled || e.Disabled != "" {
			s.t.Errorf("%+v, %v", e, err)
		}
		s.send("msg_3")
		s.world.Advance(time.Minute)
		got := ids(s.net.at("a.example.com"))
		slices.Sort(got)
		if !slices.Equal(got, []string{"msg_1", "msg_1", "msg_3"}) {
			s.t.Errorf("%v arrived", got)
		}
		if kinds := s.notices(); !slices.Equal(kinds, []string{webhooks.NoticeCreated, webhooks.NoticeDisabled, webhooks.NoticeEnabled}) {
			s.t.Errorf("%v was told", kinds)
		}
	}, webhooks.Schedule(10*time.Second))
}
