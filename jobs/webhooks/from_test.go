//go:build synctests

package webhooks_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions/partitionstest"
)

// TestOtherTopics tells endpoints of the events of other contracts, once each, in the shape that is wanted.
func TestOtherTopics(t *testing.T) {
	t.Parallel()
	type order struct {
		ID     string `json:"id"`
		Secret string `json:"secret"`
	}
	placed := bus.Define("shop.order.placed", func(o order) string { return o.ID })
	paid := bus.Define("shop.order.paid", func(o order) string { return o.ID })
	definition := webhooks.Define("shop", webhooks.Shards(4))
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		s := newShop(t, w)
		s.create("a.example.com")
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- w.Bus().Subscribe(ctx, "forwarder", webhooks.From(s.hooks, w.Bus(), placed),
				webhooks.From(s.hooks, w.Bus(), paid, func(o order) (webhooks.Event, error) {
					if o.ID == "2" {
						return webhooks.Event{}, nil
					}
					return webhooks.Event{Type: "order.paid", Data: []byte(`{"order":"` + o.ID + `"}`)}, nil
				}))
		}()
		twice := placed.New(order{"1", "x"}, bus.ID("an.id"))
		if err := w.Bus().Publish(s.ctx, twice, twice, paid.New(order{"1", "x"}), paid.New(order{"2", "x"})).Err(); err != nil {
			t.Fatal(err)
		}
		w.Advance(15 * time.Second)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		got := s.net.at("a.example.com")
		slices.SortFunc(got, func(a, b arrival) int { return len(b.body) - len(a.body) })
		if len(got) != 2 || !contains(got[0].body, `"type":"shop.order.placed"`, `"data":{"id":"1","secret":"x"}`) ||
			!contains(got[1].body, `"type":"order.paid"`, `"data":{"order":"1"}`) {
			t.Errorf("%+v", got)
		}
	}, append(definition.Contracts(), placed, paid)...)
}

func contains(text string, parts ...string) bool {
	return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(text, p) })
}
