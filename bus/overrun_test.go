//go:build synctests

package bus_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
)

// TestRedriveOverrun holds one of a redrive's records back for longer than Kafka lets a transaction last: once, and again and again.
func TestRedriveOverrun(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		held, begun, done int
		err               string
	}{{1, 2, 1, ""}, {9, 2, 0, "took too long"}} {
		synctest.Test(t, func(t *testing.T) {
			var network kfake.VirtualNetwork
			cluster, err := kfake.NewCluster(kfake.NumBrokers(2), kfake.Ports(9092, 9093), kfake.ListenFn(network.Listen))
			if err != nil {
				t.Fatal(err)
			}
			defer cluster.Close()
			b, err := bus.Open(t.Context(), "kafka://"+strings.Join(cluster.ListenAddrs(), ","), bus.Dialer(network.DialContext))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = b.Close() }()
			event := orderPlaced()
			for at, topic := range []bus.Topic{event.Contract().Topic(), "ledger.dlq"} { // each on a broker of its own, so that one record waits alone
				if err := b.Create(t.Context(), bus.TopicSpec{Name: topic, Partitions: 1}); err != nil {
					t.Fatal(err)
				}
				if err := cluster.MoveTopicPartition(string(topic), 0, int32(at)); err != nil {
					t.Fatal(err)
				}
			}
			records, err := bus.Encode(t.Context(), event.New(placed{ID: "1"}))
			if err != nil {
				t.Fatal(err)
			}
			letter := bus.DeadLetter{Record: records[0], Reason: bus.ReasonPermanent, Error: "it fails", Attempts: 3}
			if err := b.Publish(t.Context(), letter.Message("ledger")).Err(); err != nil {
				t.Fatal(err)
			}

			held, begun := 0, 0
			cluster.ControlKey(int16(kmsg.InitProducerID), func(r kmsg.Request) (kmsg.Response, error, bool) {
				cluster.KeepControl()
				if id := r.(*kmsg.InitProducerIDRequest).TransactionalID; id != nil && strings.HasPrefix(*id, "millrace-letters-") {
					begun++
				}
				return nil, nil, false
			})
			cluster.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
				cluster.KeepControl()
				if cluster.CurrentNode() == 1 && held < test.held {
					held++
					cluster.SleepControl(func() { <-time.After(11 * time.Second) })
				}
				return nil, nil, false
			})
			done, err := b.Redrive(t.Context(), "ledger", bus.ToOrigin())
			if done != test.done || begun != test.begun || (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) ||
				errors.Is(err, bus.ErrTakenOver) {
				t.Errorf("given back %d, begun %d times, %v", done, begun, err)
			}
			back := 0
			for _, err := range bus.Tail(t.Context(), b, event, bus.Earliest, bus.UntilEnd()) {
				if err != nil {
					t.Fatal(err)
				}
				back++
			}
			left := 0
			for _, err := range b.DeadLetters(t.Context(), "ledger") {
				if err != nil {
					t.Fatal(err)
				}
				left++
			}
			if back != test.done || left != 1-test.done {
				t.Errorf("%d are back and %d are left", back, left)
			}
		})
	}
}
