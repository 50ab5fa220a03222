//go:build synctests

package webhooks_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/request"
)

// TestHangingReceivers lets more endpoints hang and fail than there are places for, from the beginning and when they have answered
// before: deliveries to those that have answered, and still do, take no longer for that.
func TestHangingReceivers(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		hosts := make(map[string]string) // by endpoint
		create := func(n int, kind string) {
			for i := range n {
				host := fmt.Sprintf("%s%d.example.com", kind, i)
				e, _, err := s.hooks.Create(s.ctx, s.node.Group(), fmt.Sprintf("%s-%d", kind, i), webhooks.Settings{URL: "http://" + host})
				if err != nil {
					s.t.Fatal(err)
				}
				hosts[e.ID] = host
			}
		}
		create(10, "good")
		create(10, "later")
		s.send("first")
		s.world.Advance(2 * time.Second)
		create(10, "hangs")
		create(10, "fails")
		hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		for _, host := range hosts {
			switch host[0] {
			case 'h':
				s.net.serve(host, hang)
			case 'f':
				s.net.serve(host, status(http.StatusBadGateway))
			}
		}
		s.send(many(3)...)
		s.world.Advance(10 * time.Second)
		for _, host := range hosts {
			if host[0] == 'l' {
				s.net.serve(host, hang)
			}
		}
		for i := range 20 {
			sent := time.Now()
			s.send(fmt.Sprintf("next_%d", i))
			s.world.Advance(2 * time.Second)
			for id, host := range hosts {
				got := s.net.at(host)
				if host[0] == 'g' && (len(got) != 5+i || i > 0 && got[len(got)-1].at.Sub(sent) > 200*time.Millisecond) {
					s.t.Errorf("%s: %d arrived, the last %s after it was sent", id, len(got), got[len(got)-1].at.Sub(sent))
				}
			}
		}
	}, webhooks.Slots(4, 8, 8), webhooks.Timeout(15*time.Second))
}

// TestFlood lets a tenant have more to deliver than a node can, to an endpoint that is slow: another tenant's deliveries do not wait for it.
func TestFlood(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		slow := func(http.ResponseWriter, *http.Request) { s.world.Advance(500 * time.Millisecond) }
		for i := range 8 {
			host := fmt.Sprintf("flood%d.example.com", i)
			s.net.serve(host, slow)
			if _, _, err := s.hooks.Create(s.ctx, s.node.Group(), "", webhooks.Settings{URL: "http://" + host}); err != nil {
				s.t.Fatal(err)
			}
		}
		s.send(many(100)...)
		flooded := s.ctx
		s.ctx = request.With(s.ctx, request.Info{Tenant: "small"})
		s.create("a.example.com")
		for i := range 20 {
			sent := time.Now()
			s.send(fmt.Sprintf("next_%d", i))
			s.world.Advance(1500 * time.Millisecond)
			got := s.net.at("a.example.com")
			if len(got) != i+1 || got[i].at.Sub(sent) > 800*time.Millisecond {
				s.t.Errorf("%d arrived, %s", len(got), sent)
			}
		}
		s.ctx = flooded
		list, err := s.hooks.List(s.ctx, s.node.Group())
		if err != nil || len(list) != 8 {
			s.t.Fatalf("%d endpoints, %v", len(list), err)
		}
		waits := 0
		for _, e := range list {
			waits += s.describe(e.ID).Queued
		}
		if waits == 0 {
			s.t.Error("nothing waits any more: the flood was none")
		}
	}, webhooks.Slots(4, 8, 8))
}

// TestOverflow gives deliveries up where too many wait.
func TestOverflow(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com")
		s.net.serve("a.example.com", status(http.StatusInternalServerError))
		s.send(many(15)...)
		s.world.Settle()
		dead, err := s.hooks.Dead(s.ctx, s.node.Group(), "at-a")
		if d := s.describe("at-a"); err != nil || d.Queued != 10 || d.Dead != 5 || len(dead) != 5 || dead[0].Reason != "too many wait" {
			s.t.Errorf("%+v, %+v, %v", d, dead, err)
		}
	}, webhooks.MaxQueued(10))
}
