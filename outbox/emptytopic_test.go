package outbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
)

// TestEmptyTopic routes a row to no topic at all: it is named, in both modes.
func TestEmptyTopic(t *testing.T) {
	t.Parallel()
	config := []byte(`{"transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter",
		"transforms.o.route.topic.regex": "nothing|order", "transforms.o.route.topic.replacement": ""}`)
	for mode, opts := range map[string][]outbox.NameOption{"log": nil, "polled": {outbox.Polled()}} {
		var table []outbox.TableOption
		relay := []outbox.RelayOption{outbox.Connector(config)}
		for _, opt := range opts {
			table, relay = append(table, opt), append(relay, opt)
		}
		f := newFixture(t, table...)
		r, _ := f.relay(f.bus, relay...)
		f.insert("order", 7, 1, 1)
		f.insert("other", 8, 5, 1)
		f.wait(func() bool { return r.Status().Halted })
		err := r.Status().Err.Error()
		for _, part := range []string{"00000000-0000-4000-8000-000000000007", `for topic ""`, "route.topic"} {
			if !strings.Contains(err, part) {
				t.Errorf("%s: the relay halted with %s, without %q", mode, err, part)
			}
		}
	}
}

// TestUnknownTopicWaits has rows for a topic that is there some seconds later, and for one that never is: only the second
// are dead letters, and the next of them at once.
func TestUnknownTopicWaits(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r, _ := f.relay(f.bus, outbox.DeadLetters())
	f.insert("late", 1, 1, 1)
	f.insert("order", 2, 1, 1)
	f.wait(func() bool { return r.Status().Working })
	late := time.NewTimer(3 * time.Second)
	defer late.Stop()
	<-late.C
	if s := r.Status(); s.Published > 0 {
		t.Fatalf("something went by a topic that is unknown for seconds: %+v", s)
	}
	if err := f.bus.Create(t.Context(), bus.TopicSpec{Name: "outbox.event.late", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	f.insert("never", 3, 5, 1)
	f.insert("order", 8, 1, 1)
	if got := f.numbers(2); got[0] != 2 || got[1] != 8 {
		t.Errorf("published are %v", got)
	}
	if s := r.Status(); s.DeadLetters != 5 || s.Published != 8 {
		t.Errorf("of 8 rows %d are published, %d of them as dead letters, want 5", s.Published, s.DeadLetters)
	}
}
