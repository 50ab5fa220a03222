package bus_test

import (
	"errors"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

// TestRedriveWithoutRetryTopic redrives the dead letters of a group that another engine runs.
func TestRedriveWithoutRetryTopic(t *testing.T) {
	t.Parallel()
	event := orderPlaced()
	b := bustest.Open(t, event)
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "ledger.dlq", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	records, err := bus.Encode(t.Context(), event.New(placed{ID: "1", Total: 7}))
	if err != nil {
		t.Fatal(err)
	}
	letter := bus.DeadLetter{Record: records[0], Reason: bus.ReasonPermanent, Error: "it fails", Attempts: 3}
	if err := b.Publish(t.Context(), letter.Message("ledger")).Err(); err != nil {
		t.Fatal(err)
	}
	if done, err := b.Redrive(t.Context(), "ledger"); done != 0 || !errors.Is(err, bus.ErrNoRetries) || !errors.Is(err, bus.ErrNoTopic) {
		t.Errorf("%d given back to a topic that nobody reads, %v", done, err)
	}
	for want := range 2 {
		if done, err := b.Redrive(t.Context(), "ledger", bus.ToOrigin()); done != 1-want || err != nil {
			t.Errorf("%d given back to where they came from, %v", done, err)
		}
	}
	var back []placed
	for received, err := range bus.Tail(t.Context(), b, event, bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			t.Fatal(err)
		}
		back = append(back, received.Value)
		if _, own := received.Record.Headers.Get("millrace-failed-topic"); own {
			t.Error("it has the headers of a dead letter")
		}
	}
	if len(back) != 1 || back[0].Total != 7 {
		t.Errorf("the topic has %+v", back)
	}
}
