package bus_test

import (
	"fmt"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

func TestDiscard(t *testing.T) {
	t.Parallel()
	event := orderPlaced()
	b := bustest.Open(t, event)
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "ledger.dlq", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		records, err := bus.Encode(t.Context(), event.New(placed{ID: fmt.Sprint(i)}))
		if err != nil {
			t.Fatal(err)
		}
		letter := bus.DeadLetter{Record: records[0], Reason: bus.ReasonPermanent, Error: "it fails", Attempts: 3}
		if err := b.Publish(t.Context(), letter.Message("ledger")).Err(); err != nil {
			t.Fatal(err)
		}
	}
	left := func() (keys string, positions []bus.Position) {
		for letter, err := range b.DeadLetters(t.Context(), "ledger") {
			if err != nil {
				t.Fatal(err)
			}
			keys += string(letter.Record.Key)
			positions = append(positions, letter.Position)
		}
		return keys, positions
	}
	_, at := left()
	for want := range 2 {
		if done, err := b.Discard(t.Context(), "ledger", bus.At(at[1])); done != 1-want || err != nil {
			t.Errorf("discarded %d, %v", done, err)
		}
	}
	if keys, _ := left(); keys != "02" {
		t.Errorf("left are %s", keys)
	}
	if done, err := b.Redrive(t.Context(), "ledger", bus.ToOrigin(), bus.At(at[0], at[1])); done != 1 || err != nil {
		t.Errorf("redriven %d, %v", done, err)
	}
	if done, err := b.Discard(t.Context(), "ledger"); done != 1 || err != nil {
		t.Errorf("discarded %d, %v", done, err)
	}
	if keys, _ := left(); keys != "" {
		t.Errorf("left are %s", keys)
	}
}
