//go:build synctests

package push_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/push"
)

func TestKeepAlive(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		on, _ := b.open()
		hub, _ := b.hub(on)
		s := b.connect(hub, "channel=news", "")
		last := time.Now()
		for range 20 {
			if !s.line(&event{}) {
				b.Fatal("the stream ended")
			}
			if quiet := time.Since(last); quiet > 15*time.Second {
				b.Fatalf("nothing for %s", quiet)
			}
			last = time.Now()
		}
	})
}

func TestStalledClient(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		on, _ := b.open()
		hub, _ := b.hub(on)
		began := time.Now()
		_, over := b.ask(hub, "channel=news", "") //nolint:bodyclose // the client reads nothing, until the hub gives it up
		<-over
		if after := time.Since(began); after < 10*time.Second || after > 11*time.Second {
			b.Errorf("a client that reads nothing was given up after %s", after)
		}
	})
}

func TestTopicMadeAnew(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		on, _ := b.open()
		hub, _ := b.hub(on)
		news := push.Define[string]("news")
		s := b.connect(hub, "channel=news", "")
		publish(b.T, on, news, "k", "old")
		s.next()
		if _, err := b.admin.DeleteTopics(b.Context(), string(push.Topic)); err != nil {
			b.Fatal(err)
		}
		if got, ok := s.next(); ok {
			b.Fatalf("got %+v", got)
		}
		for {
			resp, _ := b.ask(hub, "channel=news", s.lastID)
			if resp.StatusCode == http.StatusOK {
				s = newStream(b.T, resp, "")
				break
			}
		}
		if got, _ := s.next(); got.name != "reset" {
			b.Fatalf("got %+v", got)
		}
		for news.Publish(b.Context(), on, "k", "new").Err() != nil {
			<-time.After(time.Second) // the bus learns that the topic is another one
		}
		if got, _ := s.next(); got.data != `"new"` {
			b.Errorf("after the reset: %+v", got)
		}
	})
}

// TestPartitionsAdded resumes a client, which knows a new partition, on a hub that has not noticed it.
func TestPartitionsAdded(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		on, _ := b.open()
		hub, _ := b.hub(on, push.Partitions(1), push.WriteLimit(time.Hour)) // nobody reads from s meanwhile
		var query []string
		for i := range 12 {
			query = append(query, fmt.Sprintf("channel=c%d", i))
		}
		s := b.connect(hub, strings.Join(query, "&"), "")
		s.line(&event{})
		if _, err := b.admin.CreatePartitions(b.Context(), 8, string(push.Topic)); err != nil {
			b.Fatal(err)
		}
		writer, _ := b.open()
		send := func(view string) {
			for i := range query {
				publish(b.T, writer, push.Define[string](fmt.Sprintf("c%d", i)), "k", view)
			}
		}
		receive := func(s *stream, view string) {
			for range query {
				if got, ok := s.next(); !ok || got.data != fmt.Sprintf("%q", view) {
					b.Fatalf("got %+v, %t, want %s", got, ok, view)
				}
			}
		}
		aware, _ := b.hub(writer, push.WriteLimit(time.Hour))
		ahead := b.connect(aware, strings.Join(query, "&"), "")
		send("first")
		receive(ahead, "first")
		behind := b.connect(hub, strings.Join(query, "&"), ahead.lastID)
		receive(s, "first")
		send("second")
		receive(s, "second")
		receive(behind, "second")
	})
}

// TestPagesAreBounded lets as many clients as there are places for pages ask for what Kafka has, and not read it.
func TestPagesAreBounded(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		const places = 16
		on, _ := b.open()
		hub, _ := b.hub(on, push.History(0, 0), push.Memory(0), push.WriteLimit(time.Hour), push.KeepAlive(time.Hour))
		news := push.Define[string]("news")
		first := b.connect(hub, "channel=news", "")
		for first.lastID == "" {
			first.line(&event{})
		}
		begin := first.lastID
		publish(b.T, on, news, "k", "missed")
		if got, _ := first.next(); got.data != `"missed"` {
			b.Fatalf("got %+v", got)
		}
		var leave []context.CancelFunc
		for range places {
			ctx, cancel := context.WithCancel(b.Context())
			resp, over := b.request(ctx, hub, "channel=news", begin) //nolint:bodyclose // below
			if resp.StatusCode != http.StatusOK {
				b.Fatal(resp.StatusCode)
			}
			leave = append(leave, func() { cancel(); _ = resp.Body.Close(); <-over })
		}
		resp, _ := b.ask(hub, "channel=news", begin) //nolint:bodyclose // it does
		if resp.StatusCode != http.StatusServiceUnavailable {
			b.Errorf("one more: %d", resp.StatusCode)
		}
		leave[0]()
		if got, _ := b.connect(hub, "channel=news", begin).next(); got.data != `"missed"` {
			b.Errorf("got %+v", got)
		}
		for _, each := range leave[1:] {
			each()
		}
		for range 3 { // a page holds one and a bit of them
			publish(b.T, on, news, "k", strings.Repeat("x", 900_000))
			first.next()
		}
		for range places {
			s := b.connect(hub, "channel=news", begin)
			for range 4 {
				if _, more := s.next(); !more {
					b.Fatal("a client that reads all its pages got no more")
				}
			}
			s.close()
		}
	})
}

func TestLongOutage(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		on, wire := b.open()
		writer, _ := b.open()
		hub, _ := b.hub(on)
		news := push.Define[string]("news")
		s := b.connect(hub, "channel=news", "")
		wire.set(true)
		publish(b.T, writer, news, "k", "meanwhile")
		began := time.Now()
		for time.Since(began) < 30*time.Minute {
			if !s.line(&event{}) {
				b.Fatalf("the client was disconnected after %s", time.Since(began))
			}
		}
		wire.set(false)
		if got, _ := s.next(); got.data != `"meanwhile"` {
			b.Errorf("after the outage: %+v", got)
		}
	})
}

// TestDrainWhileResuming stops a hub while a client waits for Kafka.
func TestDrainWhileResuming(t *testing.T) {
	t.Parallel()
	inBubble(t, func(b *bubble) {
		on, wire := b.open()
		hub, stop := b.hub(on, push.History(0, time.Hour))
		news := push.Define[string]("news")
		s := b.connect(hub, "channel=news", "")
		for s.lastID == "" {
			s.line(&event{})
		}
		first := s.lastID
		publish(b.T, on, news, "k", "view")
		s.next()
		wire.set(true)
		began := time.Now()
		time.AfterFunc(time.Second, stop)
		resp, _ := b.ask(hub, "channel=news", first) //nolint:bodyclose // a refusal within the process
		if resp.StatusCode != http.StatusServiceUnavailable || time.Since(began) > 3*time.Second {
			b.Errorf("status %d after %s", resp.StatusCode, time.Since(began))
		}
	})
}
