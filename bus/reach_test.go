//go:build synctests

package bus_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

const seed = "kafka.example:9092"

// behind opens a bus whose seed is another name of the first broker, in a network where connections to some addresses
// fail.
func (n *network) behind(t *testing.T, fails func(ctx context.Context, address string) error) *bus.Bus {
	t.Helper()
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if err := fails(ctx, address); err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		if address == seed {
			address = n.cluster.ListenAddrs()[0]
		}
		return n.DialContext(ctx, network, address)
	}
	b, err := bus.Open(t.Context(), "kafka://"+seed, bus.Dialer(dial))
	if err != nil {
		t.Fatal(err)
	}
	n.ends = append(n.ends, func() { _ = b.Close() })
	return b
}

// TestAdvertisedAddressUnreachable has a seed that answers and advertises an address that nothing can connect to.
func TestAdvertisedAddressUnreachable(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(ctx context.Context) error{
		"refused":   func(context.Context) error { return syscall.ECONNREFUSED },
		"no answer": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"no address": func(context.Context) error {
			return &net.DNSError{Name: "broker-0.internal", Err: "no such host", IsNotFound: true}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, kfake.SeedTopics(1, string(orderPlaced().Contract().Topic()), "lost.retry", "lost.dlq"))
				defer n.close()
				b := n.behind(t, func(ctx context.Context, address string) error {
					if address == seed {
						return nil
					}
					return fails(ctx)
				})
				for what, try := range map[string]func() error{
					"publish":   func() error { return b.Publish(t.Context(), orderPlaced().New(placed{ID: "1"})).Err() },
					"subscribe": func() error { return b.Subscribe(t.Context(), "lost", ignore()) },
					"shared":    func() error { return b.Subscribe(t.Context(), "lost", ignore(), bus.Shared()) },
					"read": func() error {
						for _, err := range b.Read(t.Context(), orderPlaced().Contract().Topic()) {
							return err
						}
						return nil
					},
					"create": func() error { return b.Create(t.Context(), bus.TopicSpec{Name: "new"}) },
					"verify": func() error { return b.Verify(t.Context(), orderPlaced()) },
				} {
					began := time.Now()
					err := try()
					if took := time.Since(began); took > 2*time.Minute {
						t.Errorf("%s took %s", what, took)
					}
					unreachable, ok := errors.AsType[*bus.UnreachableError](err)
					if !ok || !errors.Is(err, bus.ErrUnreachable) {
						t.Errorf("%s: %v", what, err)
						continue
					}
					if unreachable.Address != n.cluster.ListenAddrs()[0] || unreachable.Advertiser != seed ||
						!strings.Contains(err.Error(), "advertised.listeners") {
						t.Errorf("%s: %+v: %v", what, unreachable, err)
					}
				}
			})
		})
	}
}

// TestOneBrokerDead has three brokers, of which one cannot be reached: the others' partitions go on.
func TestOneBrokerDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		topic := string(orderPlaced().Contract().Topic())
		n := newNetwork(t, kfake.NumBrokers(3), kfake.Ports(9092, 9093, 9094), kfake.SeedTopics(6, topic, "three.retry", "three.dlq"))
		defer n.close()
		dead := (n.cluster.CoordinatorFor("three") + 1) % 3
		for partition := range int32(6) {
			if err := n.cluster.MoveTopicPartition(topic, partition, partition%3); err != nil {
				t.Fatal(err)
			}
		}
		b := n.behind(t, func(_ context.Context, address string) error {
			if address == n.cluster.ListenAddrs()[dead] {
				return syscall.ECONNREFUSED
			}
			return nil
		})
		var msgs []bus.Message
		for id := range strings.SplitSeq("abcdefghijklmnopqrstuvwxyz", "") {
			msgs = append(msgs, orderPlaced().New(placed{ID: id}))
		}
		results := b.Publish(t.Context(), msgs...)
		published := 0
		for _, result := range results {
			switch {
			case result.Err == nil:
				published++
			case !errors.Is(result.Err, bus.ErrUnreachable) || resilience.ClassOf(result.Err) != resilience.ClassIndefinite:
				t.Error(result.Err)
			}
		}
		if published < 5 || published == len(msgs) {
			t.Fatalf("%d of %d published, with two brokers of three", published, len(msgs))
		}
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
		defer stop()
		handled := make(map[string]bool)
		err := b.Subscribe(ctx, "three", bus.Concurrency(1), bus.On(orderPlaced(), func(_ context.Context, p placed) error {
			if handled[p.ID] = true; len(handled) == published {
				stop()
			}
			return nil
		}))
		if err != nil || len(handled) != published {
			t.Errorf("%d of %d handled, %v", len(handled), published, err)
		}
	})
}
