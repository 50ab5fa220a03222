package outbox

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestSmallRowsKeepLittle has small rows that wait between rows of tables that are left out, a poller's, and large ones:
// the memory that they share holds nothing but them, and is left when it is nearly full.
func TestSmallRowsKeepLittle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		feed := &logFeed{relay: &Relay{}, queue: newQueue(logPosition{}, pace{every: time.Hour}), stream: &stream{}}
		polled := plainRouter(t)
		polled.seq = 0
		r := &reader{feed: feed, routers: map[uint32]*router{1: plainRouter(t), 2: nil, 3: polled}}
		shared := 0
		for range rapid.IntRange(1, 300).Draw(t, "rows") {
			data := insertOf("id", "order", "k", strings.Repeat("x", rapid.SampledFrom([]int{1, 100, 8_000, 60_000, 200_000}).Draw(t, "size")))
			relation := rapid.SampledFrom([]uint32{1, 1, 2, 3}).Draw(t, "relation")
			binary.BigEndian.PutUint32(data[1:], relation)
			frame := append(make([]byte, 25, 25+len(data)), data...)
			frame[0] = 'w'
			before := cap(feed.stream.arena) - len(feed.stream.arena)
			m := feed.stream.unpack(frame)
			if err := r.insert(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			clear(frame) // the connection's, which reads on
			if relation == 1 && len(data) <= ownSize {
				shared += len(data)
			}
			if cap(feed.stream.arena)-len(feed.stream.arena) > before {
				if before > ownSize {
					t.Fatalf("%d bytes are left over", before)
				}
				shared = len(feed.stream.arena)
			}
			if len(feed.stream.arena) != shared {
				t.Fatalf("%d bytes are shared, %d of them by rows that wait", len(feed.stream.arena), shared)
			}
			if feed.queue.full() {
				break
			}
		}
		for _, record := range feed.queue.waiting.records {
			if record.Topic != "outbox.event.order" || strings.Trim(string(record.Value), "x") != "" {
				t.Fatalf("a row has become one for %q", record.Topic)
			}
		}
	})
}
