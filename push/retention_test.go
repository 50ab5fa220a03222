//go:build synctests

package push_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/push"
)

// TestCompactedTopic compacts the broadcast topic while a client is there, and lets it be.
func TestCompactedTopic(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		on, _ := b.open()
		hub, _ := b.hub(on)
		policy := func(text string) {
			b.Helper()
			set := []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "cleanup.policy", Value: &text}}
			if answers, err := b.admin.AlterTopicConfigs(b.Context(), set, string(push.Topic)); err != nil || answers[0].Err != nil {
				b.Fatal(answers, err)
			}
		}
		becomes := func(want int) {
			b.Helper()
			for end := time.Now().Add(11 * time.Minute); ; <-time.After(10 * time.Second) {
				resp, _ := b.ask(hub, "channel=news", "")
				_ = resp.Body.Close()
				if resp.StatusCode == want {
					return
				}
				if time.Now().After(end) {
					b.Fatalf("clients are answered with %d, want %d", resp.StatusCode, want)
				}
			}
		}
		s := b.connect(hub, "channel=news", "")
		policy("compact")
		if got, more := s.next(); more {
			b.Errorf("got %+v", got)
		}
		becomes(http.StatusServiceUnavailable)
		policy("delete")
		becomes(http.StatusOK)
		s = b.connect(hub, "channel=news", "")
		publish(b.T, on, push.Define[string]("news"), "k", "again")
		if got, _ := s.next(); got.data != `"again"` {
			b.Errorf("got %+v", got)
		}
	})
}
