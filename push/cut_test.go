package push_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// wire is a bus's way to its broker, which a test can cut.
type wire struct {
	way   func(ctx context.Context, network, address string) (net.Conn, error)
	mu    sync.Mutex
	down  bool
	conns []net.Conn
}

var errDown = errors.New("the wire is cut")

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return nil, errDown
	}
	conn, err := w.way(ctx, network, address)
	if err == nil {
		w.conns = append(w.conns, conn)
	}
	return conn, err
}

func (w *wire) set(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = down
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	w.conns = nil
}

// cluster is a broker with two buses, one of which a test can cut off, and an administrator.
type cluster struct {
	*testing.T
	steady  *bus.Bus
	cut     *bus.Bus
	wire    *wire
	admin   *kadm.Client
	address string
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	address := bustest.Broker(t)
	c := &cluster{T: t, wire: &wire{way: (&net.Dialer{}).DialContext}, address: address}
	c.steady = openBus(t, address)
	c.cut = openBus(t, address, bus.Dialer(c.wire.dial))
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.TrimPrefix(address, "kafka://")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	c.admin = kadm.NewClient(client)
	return c
}

func openBus(t *testing.T, address string, opts ...bus.Option) *bus.Bus {
	t.Helper()
	b, err := bus.Open(t.Context(), address, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// deleteBefore removes the records before an offset, as retention does.
func (c *cluster) deleteBefore(partition int32, offset int64) {
	c.Helper()
	offsets := make(kadm.Offsets)
	offsets.Add(kadm.Offset{Topic: string(push.Topic), Partition: partition, At: offset})
	if _, err := c.admin.DeleteRecords(c.Context(), offsets); err != nil {
		c.Fatal(err)
	}
}

// raw publishes a record to the broadcast topic as it is.
func raw(t *testing.T, b *bus.Bus, kind, contentType string, payload []byte) {
	t.Helper()
	record := bus.Record{Topic: push.Topic, Key: []byte(kind), Value: payload, Headers: bus.Headers{
		{Key: bus.HeaderType, Value: []byte("push.broadcast." + kind)},
		{Key: bus.HeaderContentType, Value: []byte(contentType)},
	}}
	if err := b.Publish(t.Context(), record.Message()).Err(); err != nil {
		t.Fatal(err)
	}
}
