package bustest

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
)

// Broker starts a Kafka broker in the test's process, on a free port of the loopback interface, and returns its
// address for [bus.Open]. It ends with the test.
func Broker(t testing.TB) string {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatalf("start the test broker: %v", err)
	}
	t.Cleanup(cluster.Close)
	return "kafka://" + cluster.ListenAddrs()[0]
}

// Open opens a bus on a broker of its own, with the given contracts' topics in place. Both end with the test.
func Open(t testing.TB, defs ...bus.Definition) *bus.Bus {
	t.Helper()
	b, err := bus.Open(t.Context(), Broker(t))
	if err != nil {
		t.Fatalf("open the test bus: %v", err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close the test bus: %v", err)
		}
	})
	for _, def := range defs {
		c := def.Contract()
		if err := c.Err(); err != nil {
			t.Fatalf("contract: %v", err)
		}
		spec := bus.TopicSpec{Name: c.Topic(), Partitions: max(c.Partitions(), 1)}
		if err := b.Create(t.Context(), spec); err != nil {
			t.Fatalf("create the test topic: %v", err)
		}
	}
	return b
}
