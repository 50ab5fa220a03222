//go:build synctests

package webhooks_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs/webhooks"
)

func many(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("msg_%03d", i))
	}
	return all
}

// TestBreaker lets an endpoint with many deliveries fail: after three failures it is asked once in a while, each time later, and when it
// answers, all comes.
func TestBreaker(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com")
		s.net.serve("a.example.com", status(http.StatusInternalServerError))
		s.send(many(20)...)
		s.world.Advance(175 * time.Second) // attempts 1 to 3 at once, then after 10, 20, 40 and 80 seconds
		got := s.net.at("a.example.com")
		if want := []time.Duration{0, 0, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second}; !slices.Equal(gaps(got), want) {
			s.t.Errorf("attempts are %v apart", gaps(got))
		}
		if d := s.describe("at-a"); d.Queued != 20 || d.Failures != len(got) || d.HeldUntil.Before(time.Now()) {
			s.t.Errorf("%+v", d)
		}
		s.net.serve("a.example.com", status(http.StatusOK))
		s.world.Advance(5 * time.Minute)
		if d := s.describe("at-a"); d.Queued != 0 || d.Delivered != 20 || d.Failures != 0 || !d.HeldUntil.IsZero() || !d.FailingSince.IsZero() {
			s.t.Errorf("%+v", d)
		}
		if kinds := s.notices(); !slices.Equal(kinds, []string{webhooks.NoticeCreated, webhooks.NoticeFailing}) {
			s.t.Errorf("%v was told", kinds)
		}
	}, webhooks.Breaker(3, 10*time.Second), webhooks.Schedule(time.Second, time.Second, time.Second, time.Second, time.Second, time.Second))
}

// TestDisabledAfter disables an endpoint that does nothing but fail, and not one that answers now and then.
func TestDisabledAfter(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com")
		s.create("b.example.com")
		s.net.serve("a.example.com", status(http.StatusInternalServerError))
		calls := 0
		s.net.serve("b.example.com", func(w http.ResponseWriter, _ *http.Request) {
			if calls++; calls%4 != 0 {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		for i := range 25 {
			s.send(fmt.Sprintf("msg_%03d", i))
			s.world.Advance(30 * time.Second)
		}
		a, b := s.describe("at-a"), s.describe("at-b")
		if a.Endpoint.Enabled || !strings.Contains(a.Endpoint.Disabled, "10m0s") || a.LastFailure.Sub(a.FailingSince) < 10*time.Minute {
			s.t.Errorf("%+v", a)
		}
		if a.LastFailure.Sub(a.FailingSince) > 11*time.Minute || !b.Endpoint.Enabled {
			s.t.Errorf("%+v, %+v", a, b)
		}
		list, err := s.hooks.List(s.ctx, s.node.Group())
		if err != nil || len(list) != 2 || list[0].Enabled || !list[1].Enabled {
			s.t.Errorf("%+v, %v", list, err)
		}
		if !slices.Contains(s.notices(), webhooks.NoticeDisabled) {
			s.t.Errorf("%v was told", s.notices())
		}
	}, webhooks.DisableAfter(10*time.Minute), webhooks.Breaker(1000, time.Second), webhooks.Schedule(time.Minute, time.Minute))
}

// TestRate lets no more attempts through than an endpoint wants, also where many wait.
func TestRate(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com", func(set *webhooks.Settings) { set.Rate = 5 })
		s.send(many(60)...)
		s.world.Advance(20 * time.Second)
		got := s.net.at("a.example.com")
		if len(got) != 60 {
			s.t.Fatalf("%d attempts", len(got))
		}
		for i := range got[:len(got)-10] {
			if took := got[i+10].at.Sub(got[i].at); took < 990*time.Millisecond { // 5 that are saved, and 5 in a second
				s.t.Errorf("10 attempts within %s", took)
			}
		}
		if took := got[59].at.Sub(got[0].at); took > 13*time.Second {
			s.t.Errorf("60 attempts take %s", took)
		}
	})
}

// TestOrder lets deliveries to an endpoint with an order wait behind one that fails, until it is delivered or dead.
func TestOrder(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com", func(set *webhooks.Settings) { set.Ordered = true })
		s.create("b.example.com")
		fail := func(w http.ResponseWriter, r *http.Request) {
			if id := r.Header.Get(webhooks.HeaderID); id == "msg_003" && len(s.net.at(r.Host)) < 6 || id == "msg_007" {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}
		s.net.serve("a.example.com", fail)
		s.net.serve("b.example.com", fail)
		s.send(many(10)...)
		s.world.Advance(5 * time.Second)
		if got := ids(s.net.at("a.example.com")); !slices.Equal(got, []string{"msg_000", "msg_001", "msg_002", "msg_003"}) {
			s.t.Errorf("%v arrived", got)
		}
		if got := s.net.at("b.example.com"); len(got) < 10 {
			s.t.Errorf("without an order, %v arrived", ids(got))
		}
		s.world.Advance(3 * time.Minute)
		want := []string{
			"msg_000", "msg_001", "msg_002", "msg_003", "msg_003", "msg_003", "msg_004", "msg_005", "msg_006",
			"msg_007", "msg_007", "msg_007", "msg_008", "msg_009",
		}
		if got := ids(s.net.at("a.example.com")); !slices.Equal(got, want) {
			s.t.Errorf("%v arrived", got)
		}
		if d := s.describe("at-a"); d.Queued != 0 || d.Delivered != 9 || d.Dead != 1 {
			s.t.Errorf("%+v", d)
		}
	}, webhooks.Schedule(10*time.Second, 20*time.Second))
}
