//go:build synctests

package push_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/push"
)

// TestReconnectStorm lets ten thousand clients come back at once to a hub that has begun a moment ago: most find in its memory what they have
// missed, some are so far behind that Kafka is asked. All get it, once.
func TestReconnectStorm(t *testing.T) {
	t.Parallel()
	const clients, far, old, recent = 10_000, 200, 500, 5
	inBubble(t, func(b *bubble) {
		on, _ := b.open()
		first, stop := b.hub(on)
		ids := make([]string, 2)
		news := push.Define[string]("news")
		views := make([]string, old)
		for i := range ids {
			client := b.connect(first, "channel=news", "")
			ids[i] = client.at()
			for n := range views {
				views[n] = fmt.Sprint(n)
			}
			publish(b.T, on, news, "k", views...)
			for range views { // the next one's id is behind all of these
				if _, more := client.next(); !more {
					b.Fatal("the stream has ended")
				}
			}
			views = views[:recent]
		}
		stop()
		another, _ := b.open()
		hub, _ := b.hub(another, push.History(recent, time.Hour))
		var coming sync.WaitGroup
		var served atomic.Int64
		for i := range clients {
			coming.Go(func() {
				id, want := ids[1], recent
				if i < far {
					id, want = ids[0], old+recent
				}
				for !b.resumes(hub, id, want) {
					<-time.After(time.Second) // it was told to come back
				}
				served.Add(1)
			})
		}
		coming.Wait()
		if served.Load() != clients {
			b.Errorf("%d of %d clients were served", served.Load(), clients)
		}
	})
}

// at is the id with which the client came in.
func (s *stream) at() string {
	for s.lastID == "" && s.line(&event{}) {
	}
	return s.lastID
}

// resumes connects and says whether the client was let in; then it must get so many messages, in order.
func (b *bubble) resumes(hub *push.Hub, lastID string, want int) bool {
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	resp, over := b.request(ctx, hub, "channel=news", lastID)
	defer func() { cancel(); _ = resp.Body.Close(); <-over }()
	if resp.StatusCode != http.StatusOK {
		return false
	}
	got := make([]string, 0, want)
	for lines := bufio.NewScanner(resp.Body); len(got) < want && lines.Scan(); {
		switch data, is := strings.CutPrefix(lines.Text(), "data: "); {
		case strings.HasPrefix(lines.Text(), "event: reset"):
			b.Error("a reset")
			return true
		case is:
			got = append(got, data)
		}
	}
	for i, data := range got {
		number := i
		if want > 5 && i >= want-5 || want == 5 {
			number = i - (want - 5)
		}
		if data != fmt.Sprintf("%q", fmt.Sprint(number)) {
			b.Errorf("message %d of %d is %s", i, want, data)
			return true
		}
	}
	return len(got) == want
}
