package outbox_test

import (
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
)

// TestUnknownTopicComesLate gives a topic up, whose rows are dead letters from then on, and makes it: it is found without
// a row that asks for it, and rows go to it again.
func TestUnknownTopicComesLate(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r, _ := f.relay(f.bus, outbox.DeadLetters())
	f.insert("late", 1, 1, 1)
	f.wait(func() bool { return r.Status().DeadLetters == 1 })
	if err := f.bus.Create(t.Context(), bus.TopicSpec{Name: "outbox.event.late", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	limit := time.After(2 * time.Minute)
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for n := int64(2); ; n++ {
		select {
		case <-limit:
			t.Fatalf("all rows are dead letters: %+v", r.Status())
		case <-again.C:
		}
		f.insert("late", int(n), 1, 1)
		f.wait(func() bool { return r.Status().Published == n })
		if r.Status().DeadLetters < n {
			break
		}
	}
	topics, err := f.bus.Topics(t.Context(), "outbox.event.late")
	if err != nil || topics[0].Partitions[0].End == 0 {
		t.Errorf("the topic has %+v, %v", topics, err)
	}
}
