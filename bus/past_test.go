//go:build synctests

package bus_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
)

// TestPublishOfThePast publishes events that happened long ago while connections break.
func TestPublishOfThePast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		defer n.close()
		connections := &cuts{network: n}
		b := n.open(t, bus.Dialer(connections.dial))
		if err := b.Create(t.Context(), bus.TopicSpec{Name: orderPlaced().Contract().Topic(), Partitions: 1}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			for name, m := range map[string]bus.Message{
				"plain":  orderPlaced().New(placed{ID: "1"}, bus.Time(time.Now().Add(-24*time.Hour))),
				"atomic": bus.Atomic(orderPlaced().New(placed{ID: "2"}, bus.Time(time.Now().Add(-24*time.Hour)))),
			} {
				if err := b.Publish(t.Context(), m).Err(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				connections.cut()
			}
		}
	})
}
