//go:build synctests

package partitions_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/partitions"
)

// TestGrowth gives the input more partitions: keys would move to shards that do not have their state.
func TestGrowth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		refused := func(err error) {
			t.Helper()
			if !errors.Is(err, partitions.ErrTopics) || !strings.Contains(err.Error(), "under a new group name") {
				t.Errorf("the group ended with %v", err)
			}
		}
		g, _, err := w.ledger(w.bus, "one")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- g.Run(t.Context()) }()
		w.deposit(len(accounts), 1)
		w.awaitHandled()
		client, err := w.bus.Client()
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if _, err := kadm.NewClient(client).CreatePartitions(t.Context(), 2, "deposits"); err != nil {
			t.Fatal(err)
		}
		refused(<-ended)
		refused(g.Run(t.Context()))
	})
}
