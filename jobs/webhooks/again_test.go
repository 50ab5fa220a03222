//go:build synctests

package webhooks_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions"
)

// TestRunsAgain runs one group twice, as its documentation allows: webhooks are delivered by both runs.
func TestRunsAgain(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.node.Stop()
		g, err := partitions.New(s.world.Bus(), "shop", s.hooks.Part())
		if err != nil {
			s.t.Fatal(err)
		}
		run := func(f func()) {
			ctx, stop := context.WithCancel(s.t.Context())
			ended := make(chan error, 1)
			go func() { ended <- g.Run(ctx) }()
			s.world.Advance(time.Minute)
			f()
			s.world.Advance(time.Minute)
			stop()
			if err := <-ended; err != nil {
				s.t.Error(err)
			}
		}
		const host = "a.example.com" // on another shard than its tenant
		run(func() {
			if _, _, err := s.hooks.Create(s.ctx, g, id(host), webhooks.Settings{URL: "http://" + host + "/hooks"}); err != nil {
				s.t.Error(err)
			}
			s.send("1")
		})
		run(func() { s.send("2") })
		if got := ids(s.net.at(host)); !slices.Equal(got, []string{"1", "2"}) {
			s.t.Errorf("%s got %v", host, got)
		}
	})
}
