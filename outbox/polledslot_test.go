package outbox_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/partitions"
)

// TestPolledSlots gives one group the looking relays of two databases, whose tables have the same name.
func TestPolledSlots(t *testing.T) {
	t.Parallel()
	var parts []partitions.Option
	for _, name := range []string{"orders", "stock"} {
		r, err := outbox.NewRelay("postgres://localhost/"+name, outbox.Polled(), outbox.Slot(name))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Status().Slot; got != "poll_"+name {
			t.Errorf("the relay is called %s", got)
		}
		parts = append(parts, r.Part())
	}
	if _, err := partitions.New(bustest.Open(t), "outbox", append(parts, partitions.Shards(1))...); err != nil {
		t.Error(err)
	}
}

// TestRefusedErrorSaysWhere has no position in the log where there is no log.
func TestRefusedErrorSaysWhere(t *testing.T) {
	t.Parallel()
	for position, where := range map[outbox.LSN]bool{0: false, 0x16b374d848: true} {
		err := &outbox.RefusedError{ID: "7", Topic: "t", Size: 9, Position: position, Err: bus.ErrNoTopic}
		if strings.Contains(err.Error(), " of the log") != where || !errors.Is(err, bus.ErrNoTopic) {
			t.Errorf("at %s: %v", position, err)
		}
	}
}
