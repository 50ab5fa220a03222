package partitions_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// TestOldBrokers runs a group on brokers without the transactions of Kafka 4.
func TestOldBrokers(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in"), kfake.MaxVersions(kversion.V3_9_0()))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	b, err := bus.Open(t.Context(), "kafka://"+cluster.ListenAddrs()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	g, err := partitions.New(b, "old", partitions.OnRecord("in", func(*partitions.Tx, bus.Record) error { return nil }))
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Run(t.Context()); !errors.Is(err, partitions.ErrBrokers) || !strings.Contains(err.Error(), "Kafka 4.0") {
		t.Error(err)
	}
}
