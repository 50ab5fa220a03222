//go:build synctests

package bus_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// TestUnansweredIsNotPermanent asks brokers that cannot be reached at the moment, and one that can.
func TestUnansweredIsNotPermanent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		defer n.close()
		connections := &cuts{network: n}
		var down atomic.Bool
		b := n.open(t, bus.Dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
			if down.Load() {
				return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
			}
			return connections.dial(ctx, network, address)
		}))
		asks := map[string]func() error{
			"topics":  func() error { _, err := b.Topics(t.Context(), "missing"); return err },
			"offsets": func() error { _, err := b.Offsets(t.Context(), "missing"); return err },
			"subscribe": func() error {
				return b.Subscribe(t.Context(), "reader", ignore())
			},
		}
		for name, ask := range asks {
			if err := ask(); !errors.Is(err, bus.ErrNoTopic) || resilience.ClassOf(err) != resilience.ClassPermanent {
				t.Errorf("%s of a missing topic: %v, %v", name, resilience.ClassOf(err), err)
			}
		}
		down.Store(true)
		connections.cut()
		for name, ask := range asks {
			if err := ask(); err == nil || errors.Is(err, bus.ErrNoTopic) || resilience.ClassOf(err) == resilience.ClassPermanent {
				t.Errorf("%s without a broker: %v, %v", name, resilience.ClassOf(err), err)
			}
		}
	})
}
