//go:build synctests

package webhooks_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs/webhooks"
)

// deadRows is how many rows there are of what was given up.
func deadRows(s *shop) (n int) {
	s.world.Settle()
	for row := range stored(s) {
		if strings.Contains(row, ".dead/") || strings.Contains(row, ".deaths/") {
			n++
		}
	}
	return n
}

// TestDeadAreBounded lets more deliveries to an endpoint be given up than are kept: the last ones are, with two rows each, and what is
// forgotten can be replayed by its time.
func TestDeadAreBounded(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com", func(set *webhooks.Settings) { set.Ordered = true })
		dead := func() (all []string) {
			s.t.Helper()
			found, err := s.hooks.Dead(s.ctx, s.node.Group(), "at-a")
			if err != nil {
				s.t.Fatal(err)
			}
			for _, d := range found {
				all = append(all, d.Event)
			}
			return all
		}
		replay := func(r webhooks.Replay, want ...string) {
			s.t.Helper()
			before := len(s.net.at("a.example.com"))
			r.Endpoint, r.Since = "at-a", time.Now().Add(-time.Hour)
			if _, err := s.hooks.Replay(s.ctx, s.world.Bus(), r); err != nil {
				s.t.Fatal(err)
			}
			s.world.Advance(5 * time.Second)
			if got := ids(s.net.at("a.example.com"))[before:]; !slices.Equal(got, want) {
				s.t.Errorf("%+v: %v arrived", r, got)
			}
		}
		began := time.Now()
		s.net.serve("a.example.com", status(http.StatusInternalServerError))
		for _, id := range many(8) {
			s.send(id)
			s.world.Advance(time.Second)
		}
		s.world.Settle()
		if got, n := dead(), deadRows(s); !slices.Equal(got, []string{"msg_007", "msg_006", "msg_005", "msg_004", "msg_003"}) || n != 10 {
			s.t.Errorf("%v are kept in %d rows", got, n)
		}
		replay(webhooks.Replay{Events: []string{"msg_004"}}, "msg_004") // which is given up anew
		s.world.Settle()
		if got, n := dead(), deadRows(s); !slices.Equal(got, []string{"msg_004", "msg_007", "msg_006", "msg_005"}) || n != 8 {
			s.t.Errorf("%v are kept in %d rows", got, n)
		}
		s.net.serve("a.example.com", status(http.StatusOK))
		replay(webhooks.Replay{Dead: true}, "msg_004", "msg_005", "msg_006", "msg_007")
		s.world.Settle()
		if got, n := dead(), deadRows(s); len(got) != 0 || n != 0 {
			s.t.Errorf("%v are kept in %d rows", got, n)
		}
		replay(webhooks.Replay{Until: began.Add(1500 * time.Millisecond)}, "msg_000", "msg_001")
		if d := s.describe("at-a"); d.Dead != 9 || d.Delivered != 6 {
			s.t.Errorf("%+v", d)
		}
	}, webhooks.MaxDead(5), webhooks.Schedule(), webhooks.Breaker(1000, time.Second))
}

// TestFewerDead lets fewer deliveries be kept than before: with each that is given up, more of the oldest are forgotten than one.
func TestFewerDead(t *testing.T) {
	t.Parallel()
	opts := []webhooks.Option{webhooks.Schedule(), webhooks.Breaker(1000, time.Second)}
	selling(t, func(s *shop) {
		s.create("a.example.com", func(set *webhooks.Settings) { set.Ordered = true })
		s.net.serve("a.example.com", status(http.StatusInternalServerError))
		s.send(many(20)...)
		s.world.Advance(5 * time.Second)
		s.node.Stop()
		s.hooks = s.define(append(opts, webhooks.MaxDead(3))...)
		s.node.Restart()
		s.world.Settle()
		s.send("msg_100")
		s.world.Advance(5 * time.Second)
		found, err := s.hooks.Dead(s.ctx, s.node.Group(), "at-a")
		if err != nil || len(found) != 3 || found[0].Event != "msg_100" || found[2].Event != "msg_018" {
			s.t.Errorf("%+v, %v", found, err)
		}
		if n := deadRows(s); n != 6 {
			s.t.Errorf("3 are kept in %d rows", n)
		}
	}, opts...)
}
