package bus_test

import (
	"errors"
	"fmt"
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

// TestRedriveTakenOver lets a second redrive begin while the first one is about to move a dead letter: each is given back once.
func TestRedriveTakenOver(t *testing.T) {
	t.Parallel()
	event := orderPlaced()
	broker := bustest.Broker(t)
	open := func() *bus.Bus {
		b, err := bus.Open(t.Context(), broker)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		return b
	}
	first, second := open(), open()
	if err := first.Verify(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	if err := first.Create(t.Context(), bus.TopicSpec{Name: "ledger.dlq", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		records, err := bus.Encode(t.Context(), event.New(placed{ID: fmt.Sprint(i)}))
		if err != nil {
			t.Fatal(err)
		}
		letter := bus.DeadLetter{Record: records[0], Reason: bus.ReasonPermanent, Error: "it fails", Attempts: 3}
		if err := first.Publish(t.Context(), letter.Message("ledger")).Err(); err != nil {
			t.Fatal(err)
		}
	}
	looked := 0
	done, err := first.Redrive(t.Context(), "ledger", bus.ToOrigin(), bus.Where(func(bus.DeadLetter) bool {
		if looked++; looked == 2 {
			if done, err := second.Redrive(t.Context(), "ledger", bus.ToOrigin()); done != 2 || err != nil {
				t.Errorf("the second gives %d back, %v", done, err)
			}
		}
		return true
	}))
	if done != 1 || !errors.Is(err, bus.ErrTakenOver) {
		t.Errorf("the first gives %d back, %v", done, err)
	}
	var back string
	for received, err := range bus.Tail(t.Context(), first, event, bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			t.Fatal(err)
		}
		back += received.Value.ID
	}
	if len(back) != 3 {
		t.Errorf("given back were %s", back)
	}
}
