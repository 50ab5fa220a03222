package push_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/millrace/millrace/push"
)

func TestOutage(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	url, _ := serve(t, c.cut, push.History(2, time.Hour), push.Partitions(1))
	news := push.Define[string]("news")
	s := connect(t, url+"?channel=news", "")
	first := s.lastID
	for i := range 6 {
		publish(t, c.steady, news, "k", fmt.Sprint(i))
		s.next()
	}
	c.wire.set(true)
	publish(t, c.steady, news, "k", "6")
	if status, after := get(t, url+"?channel=news", first); status != http.StatusServiceUnavailable || after == "" {
		t.Errorf("a resume that needs Kafka while it is out of reach: %d, Retry-After %q", status, after)
	}
	resumed := connect(t, url+"?channel=news", s.lastID)
	c.wire.set(false)
	for _, each := range []*stream{s, resumed} {
		if got, ok := each.next(); !ok || got.data != `"6"` {
			t.Errorf("after the outage: %+v, %t", got, ok)
		}
	}
}

func TestHubMissedRecords(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	url, _ := serve(t, c.cut, push.Partitions(1))
	news := push.Define[string]("news")
	s := connect(t, url+"?channel=news", "")
	publish(t, c.steady, news, "k", "seen")
	s.next()
	c.wire.set(true)
	publish(t, c.steady, news, "k", "missed", "missed too")
	c.deleteBefore(0, 3)
	publish(t, c.steady, news, "k", "kept")
	c.wire.set(false)
	for {
		got, ok := s.next()
		if ok && got.name != "reset" {
			t.Fatalf("the gap was silent: %+v", got)
		}
		if ok {
			break
		}
		s = reconnect(t, url+"?channel=news", s.lastID)
	}
	publish(t, c.steady, news, "k", "after")
	if got, _ := s.next(); got.data != `"after"` {
		t.Errorf("after the reset: %+v", got)
	}
}

// get asks for a stream and returns the status and Retry-After.
func get(t *testing.T, url, lastID string, headers ...string) (status int, after string) {
	t.Helper()
	resp := ask(t, url, lastID, headers...)
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode, resp.Header.Get("Retry-After")
}

// reconnect tries until the hub takes the client.
func reconnect(t *testing.T, url, lastID string) *stream {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		resp := ask(t, url, lastID)
		if resp.StatusCode == http.StatusOK {
			return newStream(t, resp, lastID)
		}
		_ = resp.Body.Close()
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("the hub takes nobody")
		}
	}
}
