//go:build synctests

package partitions_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/internal/line"
)

// TestBrokerAwayAtStart begins a group with local state while one of three brokers refuses connections.
func TestBrokerAwayAtStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		var away atomic.Bool
		through := line.New(w.network.DialContext)
		b := w.open(bus.Dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
			if away.Load() && address == w.cluster.ListenAddrs()[1] {
				return nil, &net.OpError{Op: "dial", Net: network, Err: line.ErrCut}
			}
			return through.Open(ctx, network, address)
		}))
		defer b.Close()
		away.Store(true)
		g, _, err := w.ledger(b, "one", partitions.OnDisk(t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		for _, works := range []bool{true, false} {
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			away.Store(true)
			go func() { ended <- g.Run(ctx) }()
			<-time.After(time.Minute)
			select {
			case err := <-ended:
				t.Fatalf("the run has ended: %v", err)
			default:
			}
			if works {
				away.Store(false)
				w.deposit(6, 2)
				w.follow(6, 2)
			}
			stop()
			if err := <-ended; err != nil { // the second time it has not begun
				t.Errorf("the run ended with %v", err)
			}
		}
	})
}
