//go:build synctests

package webhooks_test

import (
	"net/http"
	"testing"

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
