//go:build synctests

package bus_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
)

// TestTopicDeletedUnderway deletes a topic while it is read. A consumer group has a test of its own, on real time: the
// Kafka client asks for the missing topic again and again until it is told to stop, and virtual time waits for it.
func TestTopicDeletedUnderway(t *testing.T) {
	t.Parallel()
	topic := orderPlaced().Contract().Topic()
	for name, consume := range map[string]func(context.Context, *bus.Bus) error{
		"shared": func(ctx context.Context, b *bus.Bus) error { return b.Subscribe(ctx, "reader", ignore(), bus.Shared()) },
		"broadcast": func(ctx context.Context, b *bus.Bus) error {
			return b.Subscribe(ctx, "reader", ignore(), bus.Broadcast())
		},
		"read": func(ctx context.Context, b *bus.Bus) error {
			for _, err := range b.Read(ctx, topic) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, n := sharing(t)
				defer n.close()
				ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
				defer stop()
				ended := make(chan error, 1)
				go func() { ended <- consume(ctx, b) }()
				<-time.After(30 * time.Second)
				if _, err := kadm.NewClient(n.client(t)).DeleteTopics(t.Context(), string(topic)); err != nil {
					t.Fatal(err)
				}
				if err := <-ended; !errors.Is(err, bus.ErrNoTopic) || !strings.Contains(err.Error(), "create it") {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

func TestTopicDeletedUnderSubscription(t *testing.T) {
	t.Parallel()
	for _, topic := range []string{string(orderPlaced().Contract().Topic()), "reader.retry"} {
		t.Run(topic, func(t *testing.T) {
			t.Parallel()
			deletedUnderSubscription(t, topic)
		})
	}
}

func deletedUnderSubscription(t *testing.T, topic string) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, string(orderPlaced().Contract().Topic())))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	b, err := bus.Open(t.Context(), "kafka://"+cluster.ListenAddrs()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	if err := b.Publish(t.Context(), orderPlaced().New(placed{ID: "1"})).Err(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var fetches atomic.Int64
	cluster.ControlKey(kmsg.Fetch.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		fetches.Add(1)
		return nil, nil, false
	})
	err = b.Subscribe(ctx, "reader", bus.On(orderPlaced(), func(context.Context, placed) error {
		cluster.DeleteTopic(topic)
		return nil
	}))
	if !errors.Is(err, bus.ErrNoTopic) || !strings.Contains(err.Error(), "create it") {
		t.Errorf("ended with %v", err)
	}
	if n := fetches.Load(); n > 100 {
		t.Errorf("%d fetches of a topic that is gone", n)
	}
}

// cuts makes connections that can be cut all at once.
type cuts struct {
	network *network
	mu      sync.Mutex
	open    []net.Conn
}

func (c *cuts) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.network.DialContext(ctx, network, address)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.open = append(c.open, conn)
	}
	return conn, err
}

func (c *cuts) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.open {
		_ = conn.Close()
	}
	c.open = nil
}

// TestCredentialsRunOut changes the password while the bus is in use, and then lets the source of it fall behind.
func TestCredentialsRunOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "ada", "first"), kfake.Superuser("SCRAM-SHA-512", "bob", "second"),
			kfake.SeedTopics(1, string(orderPlaced().Contract().Topic())))
		defer n.close()
		connections := &cuts{network: n}
		var now atomic.Value
		now.Store([2]string{"ada", "first"})
		b, err := bus.Open(t.Context(), "kafka://"+n.cluster.ListenAddrs()[0], bus.Dialer(connections.dial),
			bus.Credentials(func(context.Context) (string, string, error) {
				login := now.Load().([2]string)
				return login[0], login[1], nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = b.Close() }()
		ended := map[string]chan error{"plain": make(chan error, 1), "shared": make(chan error, 1)}
		go func() { ended["plain"] <- b.Subscribe(t.Context(), "plain", ignore()) }()
		go func() { ended["shared"] <- b.Subscribe(t.Context(), "queue", ignore(), bus.Shared()) }()
		for _, login := range [][2]string{{"ada", "first"}, {"bob", "second"}} {
			now.Store(login)
			connections.cut()
			<-time.After(time.Minute)
			if err := b.Publish(t.Context(), orderPlaced().New(placed{ID: "1"})).Err(); err != nil {
				t.Fatalf("as %s: %v", login[0], err)
			}
		}
		now.Store([2]string{"bob", "forgotten"})
		connections.cut()
		err = b.Publish(t.Context(), orderPlaced().New(placed{ID: "2"})).Err()
		if !errors.Is(err, bus.ErrDenied) || !strings.Contains(err.Error(), "bus.Credentials") || strings.Contains(err.Error(), "forgotten") {
			t.Errorf("published with %v", err)
		}
		limit := time.NewTimer(5 * time.Minute)
		defer limit.Stop()
		for kind, end := range ended {
			select {
			case err := <-end:
				if !errors.Is(err, bus.ErrDenied) || !strings.Contains(err.Error(), "bus.Credentials") {
					t.Errorf("%s ended with %v", kind, err)
				}
			case <-limit.C:
				t.Fatalf("%s does not end", kind)
			}
		}
	})
}
