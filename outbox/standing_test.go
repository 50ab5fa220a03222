package outbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
)

// stands waits until the group's one relay stands as wanted.
func (f *fixture) stands(wanted func(outbox.Standing) bool) (last outbox.Standing) {
	f.Helper()
	f.wait(func() bool {
		list, err := outbox.Standings(f.Context(), f.bus, "outbox")
		if err != nil {
			f.Fatal(err)
		}
		if len(list) == 1 {
			last = list[0]
		}
		return len(list) == 1 && wanted(last)
	})
	return last
}

func TestStandings(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if list, err := outbox.Standings(t.Context(), f.bus, "outbox"); len(list) != 0 || err != nil {
		t.Fatalf("before there is a relay: %v, %v", list, err)
	}
	r, stop := f.relay(f.bus)
	f.write(true, placed().New(order{ID: "a"}))
	f.read(1)
	s := f.stands(func(s outbox.Standing) bool { return s.Working && s.Records == 1 })
	if s.Slot != f.slot || s.Table != "outboxevent" || s.Polled || s.Node == "" || s.Node != s.Reporter || s.Err != "" ||
		s.System == "" || s.Timeline != 1 || time.Since(s.Checkpoint) > time.Minute || s.Last.After(s.Checkpoint) ||
		time.Since(s.Last) > time.Minute || s.Since.After(s.Reported) {
		t.Errorf("%+v", s)
	}
	stop()
	s = f.stands(func(s outbox.Standing) bool { return s.Node == "" })
	if confirmed := r.Status().Confirmed; s.Published < confirmed {
		t.Errorf("published to %s, and confirmed to %s", s.Published, confirmed)
	}
	execute(t, f.url, "SELECT pg_drop_replication_slot('"+f.slot+"')")
	f.relay(f.bus)
	s = f.stands(func(s outbox.Standing) bool { return s.Halted && s.Node == s.Reporter })
	if !strings.Contains(s.Err, "the slot is gone") {
		t.Errorf("%+v", s)
	}
}

func ExampleStandings() {
	halted := func(ctx context.Context, b *bus.Bus) ([]string, error) {
		standings, err := outbox.Standings(ctx, b, "shop-outbox")
		var slots []string
		for _, s := range standings {
			if s.Halted {
				slots = append(slots, s.Slot+": "+s.Err)
			}
		}
		return slots, err
	}
	fmt.Println(halted != nil)
	// Output: true
}
