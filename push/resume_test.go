package push_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

func TestResumeIsExact(t *testing.T) {
	t.Parallel()
	const n = 300
	b := bustest.Open(t)
	// The second hub remembers almost nothing, so that resuming goes through Kafka there.
	first, _ := serve(t, b)
	second, _ := serve(t, b, push.History(3, time.Hour))
	news, noise := push.Define[string]("news"), push.Define[string]("noise")
	s := connect(t, first+"?channel=news", "")
	next := 0
	for sent := 0; next < n; {
		burst := min(1+rand.IntN(20), n-sent)
		for range burst {
			msgs := make([]string, 1)
			msgs[0] = fmt.Sprint(sent)
			publish(t, b, noise, "x", "noise")
			publish(t, b, news, "k", msgs...)
			sent++
		}
		for range rand.IntN(sent - next + 1) {
			got, ok := s.next()
			if !ok || got.data != fmt.Sprintf("%q", fmt.Sprint(next)) || got.name != "news" {
				t.Fatalf("got %+v, want %d", got, next)
			}
			next++
		}
		if rand.IntN(2) == 0 || sent == n {
			s.close()
			url := []string{first, second}[rand.IntN(2)]
			resumed := connect(t, url+"?channel=news", s.lastID)
			s = resumed
		}
	}
}

func TestResetWhenGone(t *testing.T) {
	t.Parallel()
	address := bustest.Broker(t)
	b, err := bus.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	url, _ := serve(t, b, push.History(1, time.Hour), push.Partitions(1))
	news := push.Define[string]("news")
	s := connect(t, url+"?channel=news", "")
	publish(t, b, news, "k", "0")
	s.next()
	id := s.lastID
	publish(t, b, news, "k", "1", "2", "3")
	for range 3 {
		s.next()
	}
	s.close()
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.TrimPrefix(address, "kafka://")))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	offsets := make(kadm.Offsets)
	offsets.Add(kadm.Offset{Topic: string(push.Topic), Partition: 0, At: 3})
	if _, err := kadm.NewClient(client).DeleteRecords(t.Context(), offsets); err != nil {
		t.Fatal(err)
	}
	for _, since := range []string{id, "0-0.1", "nonsense", strings.Repeat("x", 100)} {
		s := connect(t, url+"?channel=news", since)
		if got, _ := s.next(); got.name != "reset" {
			t.Errorf("since %q: got %+v", since, got)
		}
		publish(t, b, news, "k", "after "+since)
		if got, _ := s.next(); got.data != fmt.Sprintf("%q", "after "+since) {
			t.Errorf("after a reset: %+v", got)
		}
		s.close()
	}
}

func TestSlowClient(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := serve(t, b, push.Queue(10, 1<<20))
	slow := connect(t, url+"?channel=news", "")
	quick := connect(t, url+"?channel=news", "")
	news := push.Define[string]("news")
	large := strings.Repeat("x", 200_000)
	const n = 100
	for i := range n {
		publish(t, b, news, "k", large+fmt.Sprint(i))
		if got, ok := quick.next(); !ok || !strings.HasSuffix(got.data, fmt.Sprintf("x%d\"", i)) {
			t.Fatalf("the quick client missed %d: %t", i, ok)
		}
	}
	received := 0
	for _, more := slow.next(); more; _, more = slow.next() {
		received++
	}
	if received >= n {
		t.Fatal("the slow client was never disconnected")
	}
	resumed := connect(t, url+"?channel=news", slow.lastID)
	for i := received; i < n; i++ {
		if got, ok := resumed.next(); !ok || !strings.HasSuffix(got.data, fmt.Sprintf("x%d\"", i)) {
			t.Fatalf("message %d is missing after resuming: %t", i, ok)
		}
	}
}
