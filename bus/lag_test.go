package bus_test

import (
	"context"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

func TestLagOfUnknownGroup(t *testing.T) {
	t.Parallel()
	lags, err := bustest.Open(t).Lag(t.Context(), "nobody")
	if err != nil || len(lags) != 1 || lags[0].Group != "nobody" || lags[0].State != "Dead" || lags[0].Total() != 0 {
		t.Errorf("got %v, %v: a group that nobody has joined is no error", lags, err)
	}
}

// TestLagEnds handles events that came in transactions, whose markers take offsets too: nothing is behind then.
func TestLagEnds(t *testing.T) {
	t.Parallel()
	event := bus.Define("lag.end.reached", func(string) string { return "k" }, bus.Partitions(1))
	b := bustest.Open(t, event)
	for range 3 {
		if err := b.Publish(t.Context(), bus.Atomic(event.New("x"), event.New("y"))).Err(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- b.Subscribe(ctx, "reader", bus.On(event, func(context.Context, string) error { return nil }))
	}()
	deadline, tick := time.After(30*time.Second), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for reached := false; !reached; {
		lags, err := b.Lag(t.Context(), "reader")
		if err != nil {
			t.Fatal(err)
		}
		reached = len(lags[0].Partitions) > 0 && lags[0].Partitions[0].Committed > 0 && lags[0].Total() == 0
		select {
		case <-deadline:
			t.Fatalf("the lag stays: %+v", lags)
		case <-tick.C:
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
