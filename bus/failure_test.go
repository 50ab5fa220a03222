//go:build synctests

package bus_test

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
)

// outlives runs a subscription through some harm, and wants it to handle what is published afterwards.
func outlives(t *testing.T, b *bus.Bus, harm func(), opts ...bus.SubscribeOption) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Hour)
	defer stop()
	ended, handled := make(chan error, 1), make(chan string, 10)
	go func() {
		ended <- b.Subscribe(ctx, "survivor", append(opts, bus.On(orderPlaced(), func(_ context.Context, p placed) error {
			handled <- p.ID
			return nil
		}))...)
	}()
	<-time.After(30 * time.Second)
	for _, id := range []string{"before", "after"} {
		if err := b.Publish(t.Context(), orderPlaced().New(placed{ID: id})).Err(); err != nil {
			t.Fatalf("publish %s: %v", id, err)
		}
		for got := ""; got != id; {
			select {
			case got = <-handled:
			case err := <-ended:
				t.Fatalf("%s: ended with %v", id, err)
			case <-time.After(2 * time.Minute):
				t.Fatalf("%s: not handled", id)
			}
		}
		harm()
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopped with %v", err)
	}
}

// TestThrownOutOfGroup lets the coordinator forget a member, as it does when a process was suspended.
func TestThrownOutOfGroup(t *testing.T) {
	t.Parallel()
	for _, code := range []*kerr.Error{kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.RebalanceInProgress, kerr.NotCoordinator} {
		for _, key := range []kmsg.Key{kmsg.Heartbeat, kmsg.JoinGroup, kmsg.SyncGroup} {
			t.Run(fmt.Sprint(code.Message, " to ", key.Name()), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(t, kfake.SeedTopics(1, string(orderPlaced().Contract().Topic())))
					defer n.close()
					outlives(t, n.open(t), func() {
						n.answer(kmsg.Heartbeat, kerr.RebalanceInProgress)
						n.answer(key, code)
						<-time.After(10 * time.Second)
					})
				})
			})
		}
	}
}

// answer makes the cluster answer the next request of a group member with an error.
func (n *network) answer(key kmsg.Key, code *kerr.Error) {
	n.cluster.ControlKey(key.Int16(), func(request kmsg.Request) (kmsg.Response, error, bool) {
		response := request.ResponseKind()
		response.SetVersion(request.GetVersion())
		switch response := response.(type) {
		case *kmsg.HeartbeatResponse:
			response.ErrorCode = code.Code
		case *kmsg.JoinGroupResponse:
			response.ErrorCode = code.Code
		case *kmsg.SyncGroupResponse:
			response.ErrorCode = code.Code
		}
		return response, nil, true
	})
}

// TestOutageUnderway takes the cluster away from running subscriptions, for less and for more than a session.
func TestOutageUnderway(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]bus.SubscribeOption{"plain": nil, "shared": {bus.Shared()}, "broadcast": {bus.Broadcast()}} {
		for _, long := range []time.Duration{5 * time.Second, 20 * time.Second, 10 * time.Minute} {
			t.Run(name+" "+long.String(), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(t, kfake.SeedTopics(1, string(orderPlaced().Contract().Topic())))
					defer n.close()
					connections := &cuts{network: n}
					var down atomic.Bool
					dial := func(ctx context.Context, network, address string) (net.Conn, error) {
						if down.Load() {
							return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
						}
						return connections.dial(ctx, network, address)
					}
					b, err := bus.Open(t.Context(), "kafka://"+n.cluster.ListenAddrs()[0], bus.Dialer(dial))
					if err != nil {
						t.Fatal(err)
					}
					defer func() { _ = b.Close() }()
					outlives(t, b, func() {
						down.Store(true)
						connections.cut()
						<-time.After(long)
						down.Store(false)
					}, opts...)
				})
			})
		}
	}
}
