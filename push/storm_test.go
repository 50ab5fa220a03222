package push_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// TestStormBesideQuiet publishes to one channel as fast as it can. Clients of others have each of their messages, and who was away comes
// back to them.
func TestStormBesideQuiet(t *testing.T) {
	t.Parallel()
	const quiet, rounds = 4, 10
	b := bustest.Open(t)
	url, _ := serve(t, b, push.Memory(1<<20))
	wsURL, _ := sockets(t, b, push.Memory(1<<20))
	away := make([]string, quiet)
	streams, callers := make([]*stream, quiet), make([]*caller, quiet)
	for i := range quiet {
		name := fmt.Sprintf("quiet-%d", i)
		away[i] = connect(t, url+"?channel="+name, "").lastID
		streams[i], callers[i] = connect(t, url+"?channel="+name, ""), dial(t, wsURL)
		callers[i].follow(name, "", "")
	}
	connect(t, url+"?channel=storm", "") // which reads nothing of it
	reads := connect(t, url+"?channel=storm", "")
	publishing, stop := context.WithCancel(t.Context())
	var storm sync.WaitGroup
	var stormed, seen atomic.Int64
	views := make([]string, 100)
	for i := range views {
		views[i] = strings.Repeat("x", 1000)
	}
	storm.Go(func() {
		for publishing.Err() == nil && stormed.Load() < 50_000 {
			if push.Define[string]("storm").Publish(publishing, b, "k", views...).Err() == nil {
				stormed.Add(int64(len(views)))
			}
		}
	})
	storm.Go(func() {
		for publishing.Err() == nil {
			if _, more := reads.next(); !more {
				return
			}
			seen.Add(1)
		}
	})
	wait := func(for_ func() bool) {
		for deadline := time.Now().Add(20 * time.Second); !for_(); <-time.After(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("there is no storm")
			}
		}
	}
	wait(func() bool { return seen.Load() > 100 })
	for round := range rounds {
		before := stormed.Load()
		for i := range quiet {
			view := fmt.Sprintf("%d of %d", round, i)
			publish(t, b, push.Define[string](fmt.Sprintf("quiet-%d", i)), "k", view)
			if got, _ := streams[i].next(); got.data != `"`+view+`"` {
				t.Errorf("a stream got %+v, want %s", got, view)
			}
			if got := callers[i].next().Params; string(got.Data) != `"`+view+`"` {
				t.Errorf("a WebSocket got %s, want %s", got.Data, view)
			}
		}
		wait(func() bool { return stormed.Load() > before })
	}
	stop()
	reads.close()
	storm.Wait()
	for i, since := range away {
		s := connectFrom(t, fmt.Sprintf("%s?channel=quiet-%d", url, i), since)
		for round := range rounds {
			if got, _ := s.next(); got.data != fmt.Sprintf(`"%d of %d"`, round, i) {
				t.Fatalf("who comes back got %+v", got)
			}
		}
	}
	t.Logf("a storm of %d messages, %d read", stormed.Load(), seen.Load())
}
