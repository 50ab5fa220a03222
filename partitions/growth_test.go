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
			if !errors.Is(err, partitions.ErrTopics) || !strings.Contains(err.Error(), "millrace shards reset ledger --input deposits") {
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
		if erased, err := partitions.Reset(t.Context(), w.bus, "ledger"); err != nil || erased.Rows != len(accounts) {
			t.Fatalf("reset: %+v, %v", erased, err)
		}
		stop := start(t, g)
		defer stop()
		w.deposit(len(accounts), 1)
		w.awaitHandled()
		if d, err := partitions.Describe(t.Context(), w.bus, "ledger"); err != nil || len(d.Shards) != shards+2 {
			t.Errorf("after the reset: %+v, %v", d, err)
		}
	})
}
