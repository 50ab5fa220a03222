//go:build synctests

package webhooks

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
)

// nameless finds no name.
type nameless struct{}

func (nameless) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, errors.New("no such name")
}

// TestUnnumberedDead lets a node take over what an earlier version has given up, whose rows have no numbers: they are found, replayed, and
// have numbers when they are given up anew.
func TestUnnumberedDead(t *testing.T) {
	t.Parallel()
	g, err := NewGuard(LookUp(nameless{}))
	if err != nil {
		t.Fatal(err)
	}
	h := Define("shop", Shards(4), Through(g), Schedule(), Logger(slog.New(slog.DiscardHandler)), Breaker(1000, time.Second))
	earlier := false
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		group := w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			return partitions.New(b, "shop", h.Part(), partitions.Opened(func(tx *partitions.Tx) error {
				key := endpointKey("", "ep")
				if _, found := h.endpoints.Get(tx, key); !found || !earlier {
					return nil
				}
				for at, row := range h.dead.Range(tx, key+"/") {
					h.unbury(tx, key, row)
					h.dead.Put(tx, at, deadRow{Dead: row.Dead})
				}
				return tx.Err()
			}))
		})
		node := group.Start()
		w.Settle()
		if _, _, err := h.Create(t.Context(), node.Group(), "ep", Settings{URL: "https://example.com"}); err != nil {
			t.Fatal(err)
		}
		dead := func() (events []string) {
			t.Helper()
			found, err := h.Dead(t.Context(), node.Group(), "ep")
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range found {
				events = append(events, d.Event)
			}
			slices.Sort(events)
			return events
		}
		for _, id := range []string{"msg_1", "msg_2", "msg_3"} {
			w.Publish(h.New(t.Context(), Event{ID: id, Type: "order.placed", Data: []byte("1")}))
		}
		w.Advance(5 * time.Second)
		node.Stop()
		earlier = true
		node.Restart()
		w.Settle()
		earlier = false
		if got := dead(); !slices.Equal(got, []string{"msg_1", "msg_2", "msg_3"}) {
			t.Fatalf("%v are kept", got)
		}
		if n, err := h.Replay(t.Context(), w.Bus(), Replay{Endpoint: "ep", Since: time.Now().Add(-time.Hour), Dead: true}); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		w.Advance(5 * time.Second)
		w.Settle()
		if got := dead(); !slices.Equal(got, []string{"msg_1", "msg_2", "msg_3"}) {
			t.Errorf("%v are kept", got)
		}
		numbers := make(map[int64]bool)
		for _, row := range partitionstest.Rows(group, h.dead, endpointKey("", "ep")) {
			numbers[row.Number] = true
		}
		if len(numbers) != 3 || !numbers[4] || !numbers[5] || !numbers[6] {
			t.Errorf("the numbers are %v", numbers)
		}
	}, h.Contracts()...)
}
