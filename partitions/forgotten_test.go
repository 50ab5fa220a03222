//go:build synctests

package partitions_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/partitions"
)

// TestOffsetsGone forgets a group's offsets, as brokers do with groups that have been empty for long.
func TestOffsetsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		g, _, err := w.ledger(w.bus, "one")
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, g)
		w.deposit(len(accounts), 2)
		w.follow(len(accounts), 2)
		stop()
		client, err := w.bus.Client()
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if _, err := kadm.NewClient(client).DeleteGroups(t.Context(), "ledger"); err != nil {
			t.Fatal(err)
		}
		if err := g.Run(t.Context()); !errors.Is(err, partitions.ErrOffsets) {
			t.Errorf("the group ended with %v", err)
		}
	})
}
