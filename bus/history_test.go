//go:build synctests

package bus_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// TestForeignFailureHeaders publishes events with the headers that the group's own topics have.
func TestForeignFailureHeaders(t *testing.T) {
	t.Parallel()
	for name, headers := range map[string]map[string]string{
		"redriven":       {"millrace-redriven": "0@0"},
		"due":            {"millrace-failed-topic": "x", "millrace-failed-due": "2999-01-01T00:00:00Z"},
		"negative round": {"millrace-failed-topic": "x", "millrace-failed-round": "-7", "millrace-failed-attempts": "-9"},
		"high round":     {"millrace-failed-topic": "x", "millrace-failed-round": "99", "millrace-failed-partition": "-1"},
	} {
		for kind, opts := range map[string][]bus.SubscribeOption{"plain": nil, "shared": {bus.Shared()}} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b, n := sharing(t)
					defer n.close()
					ctx, stop := context.WithTimeout(t.Context(), time.Hour)
					defer stop()
					attempts, ended := make(chan string, 100), make(chan error, 1)
					go func() {
						ended <- b.Subscribe(ctx, "careful", append(opts, bus.On(orderPlaced(), func(_ context.Context, p placed) error {
							attempts <- p.ID
							return errors.New("it fails")
						}, bus.Retry(resilience.RetryPolicy{Attempts: 1, Initial: 1, Max: 1, Multiplier: 1}), bus.RetryLater(time.Second)))...)
					}()
					var with []bus.MessageOption
					for key, value := range headers {
						with = append(with, bus.WithHeader(key, value))
					}
					for i, m := range []bus.Message{orderPlaced().New(placed{ID: "first"}), orderPlaced().New(placed{ID: "second"}, with...)} {
						if err := b.Publish(t.Context(), m).Err(); err != nil {
							t.Fatal(i, err)
						}
						<-time.After(5 * time.Minute)
						letters := 0
						for letter, err := range b.DeadLetters(t.Context(), "careful") {
							if letters++; err != nil || letter.Attempts != 2 || letter.Record.Topic != orderPlaced().Contract().Topic() {
								t.Errorf("%+v, %v", letter, err)
							}
						}
						if letters != i+1 || len(attempts) != 2*(i+1) {
							t.Errorf("%d attempts and %d dead letters of %d events", len(attempts), letters, i+1)
						}
					}
					stop()
					if err := <-ended; err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}
