package outbox

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
)

// TestGivenUpTopics gives topics up: they stay that however long they are not there, each is looked for less and less
// often, and what is published is cut before their rows until one is found.
func TestGivenUpTopics(t *testing.T) {
	t.Parallel()
	var u unknown
	now := time.Unix(1_000_000, 0)
	u.giveUp("a", bus.ErrNoTopic, now)
	u.giveUp("b", bus.ErrNoTopic, now)
	records := []bus.Record{{Topic: "c"}, {Topic: "c"}, {Topic: "b"}, {Topic: "a"}}
	var looks []int
	for second := range 3600 {
		for _, topic := range u.due(now.Add(time.Duration(second) * time.Second)) {
			if topic == "a" {
				looks = append(looks, second)
			}
		}
		if n, cause := u.before(records); n != 2 || cause == nil {
			t.Fatalf("after %d s a batch goes on to record %d, %v", second, n, cause)
		}
	}
	if got, want := fmt.Sprint(looks[:5]), "[30 90 210 450 690]"; got != want {
		t.Errorf("looks are after %s s, want %s", got, want)
	}
	u.found("b")
	if n, _ := u.before(records); n != 3 {
		t.Errorf("a batch goes on to record %d, when one of two topics was found", n)
	}
	u.found("a")
	if n, cause := u.before(records); n != 4 || cause != nil {
		t.Errorf("a batch goes on to record %d, %v, when all are found", n, cause)
	}
}

// TestGivenUpTopicsAreBounded gives more topics up than are kept, while others look.
func TestGivenUpTopicsAreBounded(t *testing.T) {
	t.Parallel()
	var u unknown
	now := time.Unix(1_000_000, 0)
	var looking sync.WaitGroup
	looking.Go(func() {
		for range 100 {
			for _, topic := range u.due(now.Add(time.Hour)) {
				u.found(topic)
			}
		}
	})
	for n := range 3 * unknownTopics {
		u.giveUp(bus.Topic(strconv.Itoa(n)), bus.ErrNoTopic, now)
	}
	looking.Wait()
	if len(u.topics) > unknownTopics {
		t.Errorf("%d topics are kept", len(u.topics))
	}
}
