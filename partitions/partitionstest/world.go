package partitionstest

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/internal/line"
)

// World is three brokers on a virtual network, and the groups whose nodes run on them. See [Run]. Its methods, and those
// of its groups and nodes, fail the test where they cannot do what they say, and belong to the test's own goroutine.
type World struct {
	t       testing.TB
	network kfake.VirtualNetwork
	cluster *kfake.Cluster
	bus     *bus.Bus
	client  *kgo.Client
	admin   *kadm.Client
	planned *planned
	read    map[place]behind
	ending  sync.WaitGroup
	closing chan struct{}

	mu       sync.Mutex
	groups   []*Group
	nodes    []*Node
	sessions map[string]time.Duration
}

// partitionsOf is how many partitions a contract's topic has that does not say.
const partitionsOf = 4

func open(t testing.TB, failure *planned) *World {
	t.Helper()
	w := &World{
		t: t, planned: failure, closing: make(chan struct{}),
		read: make(map[place]behind), sessions: make(map[string]time.Duration),
	}
	var err error
	w.cluster, err = kfake.NewCluster(kfake.NumBrokers(3), kfake.Ports(9092, 9093, 9094), kfake.ListenFn(w.network.Listen))
	if err != nil {
		t.Fatalf("start the brokers: %v", err)
	}
	w.hearSessions()
	w.planned.abort(w.cluster)
	if w.bus, err = w.connect(line.New(w.network.DialContext), "test"); err != nil {
		w.cluster.Close()
		t.Fatalf("open the test's bus: %v", err)
	}
	if w.client, err = w.bus.Client(); err != nil {
		w.close()
		t.Fatalf("open the test's client: %v", err)
	}
	w.admin = kadm.NewClient(w.client)
	return w
}

// connect opens a bus over a line. What it logs is shown where the test fails.
func (w *World) connect(l *line.Line, client string) (*bus.Bus, error) {
	logger := slog.New(slog.NewTextHandler(w.t.Output(), nil)).With("client", client)
	return bus.Open(w.t.Context(), "kafka://"+w.cluster.ListenAddrs()[0], bus.Dialer(l.Open), bus.ClientID(client), bus.Logger(logger))
}

func (w *World) create(defs []bus.Definition) {
	w.t.Helper()
	for _, def := range defs {
		c := def.Contract()
		if err := c.Err(); err != nil {
			w.t.Fatalf("contract: %v", err)
		}
		spec := bus.TopicSpec{Name: c.Topic(), Partitions: c.Partitions()}
		if spec.Partitions < 1 {
			spec.Partitions = partitionsOf
		}
		if c.Compacted() {
			spec.Configs = map[string]string{"cleanup.policy": "compact"}
		}
		if err := w.bus.Create(w.t.Context(), spec); err != nil {
			w.t.Fatalf("create the topic of %s: %v", c.Name(), err)
		}
	}
}

// close stops all nodes in good order, and then the brokers.
func (w *World) close() {
	w.t.Helper()
	w.mu.Lock()
	close(w.closing)
	nodes := w.nodes
	w.mu.Unlock()
	for _, n := range nodes {
		n.close()
	}
	w.ending.Wait()
	for _, n := range nodes {
		n.report()
	}
	if w.client != nil {
		w.client.Close()
	}
	if err := w.bus.Close(); err != nil {
		w.t.Errorf("close the test's bus: %v", err)
	}
	w.cluster.Close()
}

// Bus is the test's own connection, for what the world has no verb for: reading records or dead letters, for example.
// It is not a node's, and nothing cuts it.
func (w *World) Bus() *bus.Bus { return w.bus }
