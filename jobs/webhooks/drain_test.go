//go:build synctests

package webhooks_test

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

// TestAttemptsEnd stops a node while an attempt is under way that ends soon, while another one hangs, and while deliveries wait behind both.
func TestAttemptsEnd(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		for host, takes := range map[string]time.Duration{"a.example.com": 3 * time.Second, "b.example.com": 14 * time.Second} {
			s.create(host)
			s.net.serve(host, func(http.ResponseWriter, *http.Request) { s.world.Advance(takes) })
		}
		s.send("1", "2")
		s.world.Advance(time.Second)
		began := time.Now()
		s.node.Stop()
		if took := time.Since(began); took < 9*time.Second || took > 12*time.Second {
			t.Errorf("it has stopped after %s", took)
		}
		if got := ids(s.net.at("a.example.com")); !slices.Equal(got, []string{"1"}) {
			t.Errorf("while it stopped the quick one got %v", got)
		}
		s.node = s.group.Start()
		s.world.Settle()
		s.world.Advance(time.Minute)
		for host, want := range map[string][]string{"a.example.com": {"1", "2"}, "b.example.com": {"1", "1", "2"}} {
			if got := ids(s.net.at(host)); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
				t.Errorf("%s got %v, want %v", host, got, want)
			}
			if d := s.describe(id(host)); d.Queued != 0 || d.Delivered != 2 {
				t.Errorf("%s: %+v", host, d)
			}
		}
	})
}
