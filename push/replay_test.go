package push_test

import (
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// TestReplayTellsNoPosition holds that a channel's replay from Kafka, whose pages end anywhere, takes no other channel of the connection back.
func TestReplayTellsNoPosition(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := sockets(t, b, push.History(0, 0), push.KeepAlive(time.Hour))
	news := push.Define[string]("news")
	c := dial(t, url)
	c.follow("quiet", "", "")
	begin := c.lastID
	seen := dial(t, url)
	seen.follow("news", "", "")
	for range 3 {
		publish(t, b, news, "k", strings.Repeat("x", 900_000))
		seen.next()
	}
	if how := c.follow("news", "", begin); how != "kafka" {
		t.Errorf("outcome %q", how)
	}
	if len(c.early) != 3 {
		t.Errorf("%d notifications, want 3 messages", len(c.early))
	}
	for _, each := range c.early {
		if each.Method != "push.message" {
			t.Errorf("%s %s", each.Method, each.Params.ID)
		}
	}
}
