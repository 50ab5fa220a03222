//go:build synctests && !race

package webhooks_test

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions"
)

// heap is what is in use.
func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}

// remembered is how many rows of deliveries the changelog has that are remembered, and their bytes.
func remembered(s *shop) (rows, bytes int) {
	stored, err := partitions.ReadStored(s.t.Context(), s.world.Bus(), "shop", func(r *bus.Record) bool {
		return strings.HasPrefix(string(r.Key), "webhooks.shop.seen/")
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range stored {
		rows, bytes = rows+1, bytes+len(r.Key)+len(r.Value)
	}
	return rows, bytes
}

// TestRemembered measures what it takes that a delivery is remembered, so that it is made once: in the changelog, and of a node whose tables
// are in memory, which is what is free once the node has stopped.
func TestRemembered(t *testing.T) { //nolint:paralleltest // the memory of others would be measured
	const count, mostRow, mostMemory = 100_000, 130, 400
	selling(t, func(s *shop) {
		if _, _, err := s.hooks.Create(s.ctx, s.node.Group(), "", webhooks.Settings{URL: "http://a.example.com/hooks"}); err != nil {
			s.t.Fatal(err)
		}
		s.net.serve("a.example.com", status(http.StatusInternalServerError))
		for range count / 1000 { // one waits, and all others are dead at once, of which one is kept
			events := make([]webhooks.Event, 1000)
			for i := range events {
				events[i] = webhooks.Event{ID: "msg_" + strings.ReplaceAll(uuid.NewString(), "-", ""), Type: "order.placed", Data: []byte("1")}
			}
			if err := s.hooks.Send(s.ctx, s.world.Bus(), events...).Err(); err != nil {
				s.t.Fatal(err)
			}
		}
		s.world.Settle()
		rows, bytes := remembered(s)
		if rows != count || bytes > mostRow*count {
			s.t.Errorf("%d rows of %d bytes altogether", rows, bytes)
		}
		s.world.Advance(time.Minute)
		with := heap()
		s.node.Stop()
		s.world.Advance(time.Minute)
		memory := with - heap()
		s.t.Logf("%d bytes a row, %d of memory", bytes/count, memory/count)
		if memory > mostMemory*count {
			s.t.Errorf("%d bytes of memory for %d deliveries", memory, count)
		}
	}, webhooks.MaxQueued(1), webhooks.MaxDead(1))
}
