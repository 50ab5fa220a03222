//go:build synctests

package webhooks_test

import (
	"slices"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/millrace/millrace/jobs/webhooks"
)

func TestDelivery(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		k := s.create("a.example.com", func(set *webhooks.Settings) { set.Headers = map[string]string{"Authorization": "Bearer x"} })
		s.create("b.example.com", func(set *webhooks.Settings) { set.Types = []string{"invoice.*"} })
		s.create("c.example.com", func(set *webhooks.Settings) { set.Types = []string{"order.*"}; set.Scheme = webhooks.V1a })
		s.send("msg_1", "msg_2", "msg_1")
		s.world.Settle()
		s.world.Advance(time.Second)
		for host, want := range map[string][]string{"a.example.com": {"msg_1", "msg_2"}, "b.example.com": nil, "c.example.com": {"msg_1", "msg_2"}} {
			got := ids(s.net.at(host))
			slices.Sort(got)
			if !slices.Equal(got, want) {
				s.t.Errorf("%s got %v", host, got)
			}
		}
		theirs, err := standard.NewWebhook(k.Reveal())
		if err != nil {
			s.t.Fatal(err)
		}
		for _, r := range s.net.at("a.example.com") {
			if err := theirs.Verify([]byte(r.body), r.header); err != nil || r.header.Get("Authorization") != "Bearer x" {
				s.t.Errorf("%v: %v", err, r)
			}
		}
		d := s.describe("at-a")
		if d.Delivered != 2 || d.Attempts != 2 || d.Queued != 0 || d.LastSuccess.IsZero() {
			s.t.Errorf("%+v", d)
		}
		if log := s.log("at-a"); len(log) != 2 || log[0].Outcome != webhooks.OutcomeDelivered || log[0].Status != 200 {
			s.t.Errorf("%+v", log)
		}
	})
}
