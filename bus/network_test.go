//go:build synctests

package bus_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
)

// network is a cluster within a bubble of virtual time, and what is open on it.
type network struct {
	kfake.VirtualNetwork
	cluster *kfake.Cluster
	ends    []func()
}

// newNetwork has one broker on port 9092 unless opts say otherwise.
func newNetwork(t *testing.T, opts ...kfake.Opt) *network {
	t.Helper()
	n := &network{}
	opts = append([]kfake.Opt{kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(n.Listen)}, opts...)
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	n.cluster = cluster
	return n
}

func (n *network) open(t *testing.T, opts ...bus.Option) *bus.Bus {
	t.Helper()
	b, err := bus.Open(t.Context(), "kafka://"+n.cluster.ListenAddrs()[0], append([]bus.Option{bus.Dialer(n.DialContext)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	n.ends = append(n.ends, func() { _ = b.Close() })
	return b
}

func (n *network) client(t *testing.T, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(n.cluster.ListenAddrs()...), kgo.Dialer(n.DialContext))...)
	if err != nil {
		t.Fatal(err)
	}
	n.ends = append(n.ends, client.Close)
	return client
}

func (n *network) close() {
	for _, end := range n.ends {
		end()
	}
	n.cluster.Close()
}
