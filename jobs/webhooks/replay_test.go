//go:build synctests

package webhooks_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/jobs/webhooks"
)

// TestReplay tells an endpoint again of what happened between two times, of what was given up, and of single events.
func TestReplay(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com", func(set *webhooks.Settings) { set.Types = []string{"order.*"} })
		s.create("b.example.com")
		s.send("msg_1")
		s.world.Advance(10 * time.Second)
		since := time.Now()
		s.send("msg_2", "msg_3")
		s.world.Advance(10 * time.Second)
		until := time.Now()
		s.net.serve("a.example.com", status(http.StatusInternalServerError))
		s.send("msg_4")
		s.world.Advance(10 * time.Second)
		s.net.serve("a.example.com", status(http.StatusOK))
		replay := func(r webhooks.Replay, want ...string) {
			s.t.Helper()
			before := len(s.net.at("a.example.com"))
			r.Endpoint = "at-a"
			reported := 0
			r.Progress = func(n int) { reported = n }
			sent, err := s.hooks.Replay(s.ctx, s.world.Bus(), r)
			if err != nil || reported != sent {
				s.t.Errorf("%d sent, %d reported, %v", sent, reported, err)
			}
			s.world.Advance(5 * time.Second)
			got := ids(s.net.at("a.example.com"))[before:]
			slices.Sort(got)
			if !slices.Equal(got, want) {
				s.t.Errorf("%+v: %v arrived", r, got)
			}
		}
		replay(webhooks.Replay{ID: "r1", Since: since, Until: until}, "msg_2", "msg_3")
		replay(webhooks.Replay{ID: "r1", Since: since, Until: until})
		replay(webhooks.Replay{Since: since.Add(-time.Hour), Dead: true}, "msg_4")
		replay(webhooks.Replay{Since: since.Add(-time.Hour), Dead: true})
		replay(webhooks.Replay{Since: since.Add(-time.Hour), Events: []string{"msg_1"}}, "msg_1")
		if got := s.net.at("b.example.com"); len(got) != 4 {
			s.t.Errorf("another endpoint got %v", ids(got))
		}
		if dead, err := s.hooks.Dead(s.ctx, s.node.Group(), "at-a"); err != nil || len(dead) != 0 {
			s.t.Errorf("%+v, %v", dead, err)
		}
		if _, err := s.hooks.Update(s.ctx, s.node.Group(), "at-a",
			webhooks.Settings{URL: "http://a.example.com", Types: []string{"invoice.*"}}); err != nil {
			s.t.Fatal(err)
		}
		replay(webhooks.Replay{Since: since.Add(-time.Hour)})
		for _, wrong := range []webhooks.Replay{{Endpoint: "", Since: since}, {Endpoint: "at-a", Since: until, Until: since}} {
			if _, err := s.hooks.Replay(s.ctx, s.world.Bus(), wrong); err == nil {
				s.t.Errorf("%+v is taken", wrong)
			}
		}
	}, webhooks.Schedule(time.Second))
}

// TestUnreadableEvent puts records that are no events between others: a replay passes over them, and says so once.
func TestUnreadableEvent(t *testing.T) {
	t.Parallel()
	logged := &bytes.Buffer{}
	selling(t, func(s *shop) {
		s.create("a.example.com")
		client, err := s.world.Bus().Client()
		if err != nil {
			s.t.Fatal(err)
		}
		defer client.Close()
		damage := func() {
			s.t.Helper()
			record := &kgo.Record{
				Topic: "shop.events", Key: []byte("acme"), Value: []byte(`{"tenant":"acme","event":hidden`),
				Headers: []kgo.RecordHeader{{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_type", Value: []byte("shop.happened")}},
			}
			if err := client.ProduceSync(s.t.Context(), record).FirstErr(); err != nil {
				s.t.Fatal(err)
			}
		}
		s.send("msg_1")
		damage()
		s.send("msg_2")
		damage()
		s.send("msg_3")
		s.world.Advance(5 * time.Second)
		before := len(s.net.at("a.example.com"))
		sent, err := s.hooks.Replay(s.ctx, s.world.Bus(), webhooks.Replay{Endpoint: "at-a", Since: time.Now().Add(-time.Hour)})
		s.world.Advance(5 * time.Second)
		if got := len(s.net.at("a.example.com")); err != nil || sent != 3 || before != 3 || got != 6 {
			s.t.Errorf("%d sent, %v, %d arrived before and %d after", sent, err, before, got)
		}
		said := logged.String()
		if strings.Count(said, "has passed over") != 1 || !contains(said, "count=2", "topic=shop.events", "first=1") ||
			strings.Contains(said, "hidden") {
			s.t.Errorf("it says\n%s", said)
		}
	}, webhooks.Logger(slog.New(slog.NewTextHandler(logged, nil))))
}

// TestDelete removes an endpoint with more rows than one transaction may remove, and leaves nothing.
func TestDelete(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com")
		s.net.serve("a.example.com", status(http.StatusInternalServerError))
		s.send(many(700)...)
		s.world.Settle()
		if d := s.describe("at-a"); d.Queued != 700 {
			s.t.Errorf("%+v", d)
		}
		if err := s.hooks.Delete(s.ctx, s.node.Group(), "at-a"); err != nil {
			s.t.Fatal(err)
		}
		s.world.Advance(5 * time.Second)
		s.world.Settle()
		before := len(s.net.at("a.example.com"))
		s.world.Advance(2 * time.Minute)
		if after := len(s.net.at("a.example.com")); after != before {
			s.t.Errorf("%d attempts after it was deleted", after-before)
		}
		for row := range stored(s) {
			s.t.Errorf("the row %s is left", row)
		}
	})
}
