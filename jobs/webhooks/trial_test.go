//go:build synctests

package webhooks_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/jobs/webhooks"
)

// TestTestSend makes single attempts that count for nothing, also on endpoints that are disabled.
func TestTestSend(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com")
		if _, err := s.hooks.Disable(s.ctx, s.node.Group(), "at-a", ""); err != nil {
			s.t.Fatal(err)
		}
		got, err := s.hooks.Test(s.ctx, s.node.Group(), "at-a", webhooks.Event{})
		if err != nil || got.Status != 200 || got.Outcome != webhooks.OutcomeTest || got.Type != webhooks.TestType {
			s.t.Errorf("%+v, %v", got, err)
		}
		s.net.serve("a.example.com", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusInternalServerError) })
		got, err = s.hooks.Test(s.ctx, s.node.Group(), "at-a", webhooks.Event{ID: "msg_1", Type: "order.placed", Data: []byte(`{"id":1}`)})
		if err != nil || got.Status != 500 || got.Excerpt != "broken\n" || got.Event != "msg_1" {
			s.t.Errorf("%+v, %v", got, err)
		}
		if d := s.describe("at-a"); d.Failures != 0 || !d.LastSuccess.IsZero() || d.Attempts != 2 {
			s.t.Errorf("%+v", d)
		}
		if arrived := s.net.at("a.example.com"); len(arrived) != 2 || !contains(arrived[1].body, `"type":"order.placed"`, `"data":{"id":1}`) {
			s.t.Errorf("%+v", arrived)
		}
		if _, err := s.hooks.Test(s.ctx, s.node.Group(), "at-a", webhooks.Event{Type: "a..b"}); err == nil {
			s.t.Error("a wrong event is sent")
		}
	})
}

// TestManyTests asks for many tests at once of an endpoint that takes its time.
func TestManyTests(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com")
		s.world.Settle()
		var now, most atomic.Int32
		s.net.serve("a.example.com", func(http.ResponseWriter, *http.Request) {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			<-time.After(5 * time.Second)
			now.Add(-1)
		})
		answers := make(chan error, 100)
		for range cap(answers) {
			go func() {
				_, err := s.hooks.Test(s.ctx, s.node.Group(), "at-a", webhooks.Event{})
				answers <- err
			}()
		}
		refused := 0
		for range cap(answers) {
			if <-answers != nil {
				refused++
			}
		}
		if most.Load() != 16 || refused != 84 {
			s.t.Errorf("%d at once, %d refused", most.Load(), refused)
		}
		if _, err := s.hooks.Test(s.ctx, s.node.Group(), "at-a", webhooks.Event{}); err != nil {
			s.t.Errorf("one more: %v", err)
		}
	})
}

// TestUntold takes the topic away in which attempts are told of: an event that has arrived does not come again.
func TestUntold(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com")
		s.world.Settle()
		client, err := s.world.Bus().Client()
		if err != nil {
			s.t.Fatal(err)
		}
		defer client.Close()
		if _, err := kadm.NewClient(client).DeleteTopic(s.t.Context(), string(s.hooks.Notices().Contract().Topic())); err != nil {
			s.t.Fatal(err)
		}
		s.send("msg_1")
		s.world.Advance(30 * time.Minute)
		if got := len(s.net.at("a.example.com")); got != 1 {
			s.t.Errorf("it has come %d times", got)
		}
	})
}
