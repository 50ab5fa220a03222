package bus_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

// TestEndedCall publishes beside a call whose context has ended, both to a topic that the client does not know yet.
func TestEndedCall(t *testing.T) {
	t.Parallel()
	ended, end := context.WithCancel(t.Context())
	end()
	event := orderPlaced()
	for range 20 {
		b := bustest.Open(t, event)
		var calls sync.WaitGroup
		for range 4 {
			calls.Go(func() {
				if err := b.Publish(ended, event.New(placed{ID: "ended"})).Err(); !errors.Is(err, bus.ErrIndefinite) {
					t.Errorf("a call that has ended: %v", err)
				}
			})
			calls.Go(func() {
				if err := b.Publish(t.Context(), event.New(placed{ID: "goes on"})).Err(); err != nil {
					t.Errorf("beside a call that has ended: %v", err)
				}
			})
		}
		calls.Wait()
	}
}
