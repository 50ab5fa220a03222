//go:build synctests

package partitions_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
)

// TestPendingOffsets lets brokers hold offsets in a transaction that does not end: the node says so, and goes on once it has ended.
func TestPendingOffsets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		var log bytes.Buffer
		b := w.open(bus.Logger(slog.New(slog.NewTextHandler(&log, nil))))
		defer b.Close()
		var pending atomic.Bool
		pending.Store(true)
		w.cluster.ControlKey(int16(kmsg.OffsetFetch), func(asked kmsg.Request) (kmsg.Response, error, bool) {
			w.cluster.KeepControl()
			request := asked.(*kmsg.OffsetFetchRequest)
			if !pending.Load() || !request.RequireStable {
				return nil, nil, false
			}
			response := answered(request, nil).(*kmsg.OffsetFetchResponse)
			for _, topic := range response.Groups[0].Topics {
				for p := range topic.Partitions {
					topic.Partitions[p].ErrorCode = kerr.UnstableOffsetCommit.Code
				}
			}
			return response, nil, true
		})
		g, _, err := w.ledger(b, "one")
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, g)
		w.deposit(len(accounts), 1)
		<-time.After(time.Minute)
		pending.Store(false)
		w.follow(len(accounts), 1)
		stop()
		lines := strings.Count(log.String(), "a transaction that brokers do not end")
		if lines < 3 || lines > 3*shards { // every fifteen seconds, for the shards that are taken together
			t.Errorf("it was told %d times in a minute:\n%s", lines, log.String())
		}
	})
}
