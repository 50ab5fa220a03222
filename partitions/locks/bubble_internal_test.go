//go:build synctests

package locks

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
)

// wire is a process's way to its broker, which a test can cut.
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

// bubble is a broker and processes on virtual time.
type bubble struct {
	*testing.T
	network *kfake.VirtualNetwork
	address string
	admin   *kadm.Client
	ends    []func()
	failed  func(error) // what to do when a process's Run ends with an error
}

// inBubble runs a test on virtual time. What it opened is closed within the bubble.
func inBubble(t *testing.T, test func(*bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{T: t, network: &kfake.VirtualNetwork{}, failed: func(err error) { t.Error(err) }}
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(b.network.Listen))
		if err != nil {
			t.Fatal(err)
		}
		defer cluster.Close()
		b.address = cluster.ListenAddrs()[0]
		client, err := kgo.NewClient(kgo.SeedBrokers(b.address), kgo.Dialer(b.network.DialContext))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		b.admin = kadm.NewClient(client)
		defer func() {
			for i := range b.ends {
				b.ends[len(b.ends)-1-i]()
			}
		}()
		test(b)
	})
}

// process is a manager and how to disturb it.
type process struct {
	*Manager
	wire *wire
	stop func()
}

// process starts a manager on a bus of its own.
func (b *bubble) process(change func(*Manager), opts ...Option) *process {
	b.Helper()
	w := &wire{way: b.network.DialContext}
	opened, err := bus.Open(b.Context(), "kafka://"+b.address, bus.Dialer(w.dial))
	if err != nil {
		b.Fatal(err)
	}
	m, err := New(opened, "test", opts...)
	if err != nil {
		b.Fatal(err)
	}
	if change != nil {
		change(m)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := m.Run(ctx); err != nil {
			b.failed(err)
		}
	})
	stop := sync.OnceFunc(func() { cancel(); run.Wait(); _ = opened.Close() })
	b.ends = append(b.ends, stop)
	return &process{m, w, stop}
}

// truncate removes the records before an offset from the end, as retention does.
func (b *bubble) truncate(keep int64) {
	b.Helper()
	topic := TopicPrefix + "test"
	ends, err := b.admin.ListEndOffsets(b.Context(), topic)
	if err != nil {
		b.Fatal(err)
	}
	end, _ := ends.Lookup(topic, 0)
	offsets := make(kadm.Offsets)
	offsets.Add(kadm.Offset{Topic: topic, Partition: 0, At: max(end.Offset-keep, 0)})
	if _, err := b.admin.DeleteRecords(b.Context(), offsets); err != nil {
		b.Fatal(err)
	}
}
