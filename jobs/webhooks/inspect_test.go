//go:build synctests

package webhooks_test

import (
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions"
)

// stored are the endpoint's rows that a changelog has last, apart from what is kept of its tenant.
func stored(s *shop) iter.Seq[string] {
	return func(yield func(string) bool) {
		rows, err := partitions.ReadStored(s.t.Context(), s.world.Bus(), "shop", func(r *bus.Record) bool {
			return strings.HasPrefix(string(r.Key), "webhooks.shop.") && strings.Contains(string(r.Key), "/at-a")
		})
		if err != nil {
			s.t.Fatal(err)
		}
		for _, r := range rows {
			if !yield(string(r.Key)) {
				return
			}
		}
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com")
		s.create("b.example.com")
		s.net.serve("b.example.com", status(http.StatusInternalServerError))
		s.send("msg_1")
		s.world.Advance(5 * time.Second)
		found, err := webhooks.Inspect(s.t.Context(), s.world.Bus(), "shop")
		if err != nil || len(found) != 1 || found[0].Name != "shop" || len(found[0].Endpoints) != 2 {
			s.t.Fatalf("%+v, %v", found, err)
		}
		a, b := found[0].Endpoints[0], found[0].Endpoints[1]
		if a.Endpoint.ID != "at-a" || a.Delivered != 1 || len(a.Log) != 1 || len(a.Given) != 0 || !a.Clear {
			s.t.Errorf("%+v", a)
		}
		if b.Dead != 1 || len(b.Log) != 2 || len(b.Given) != 1 || b.Given[0].Event != "msg_1" {
			s.t.Errorf("%+v", b)
		}
		if none, err := webhooks.Inspect(s.t.Context(), s.world.Bus(), "shop", "other"); err != nil || len(none) != 0 {
			s.t.Errorf("%+v, %v", none, err)
		}
	}, webhooks.Schedule(time.Second))
}

func TestDefinitionErrors(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]*webhooks.Hooks{
		"name": webhooks.Define("Shop"), "option": webhooks.Define("shop", nil), "shards": webhooks.Define("shop", webhooks.Shards(0)),
		"guard":   webhooks.Define("shop", webhooks.Through(nil)),
		"timeout": webhooks.Define("shop", webhooks.Timeout(time.Hour)), "excerpt": webhooks.Define("shop", webhooks.Excerpt(5000)),
		"delay": webhooks.Define("shop", webhooks.Schedule(0)), "jitter": webhooks.Define("shop", webhooks.Jitter(1)),
		"breaker": webhooks.Define("shop", webhooks.Breaker(0, time.Second)), "giving up": webhooks.Define("shop", webhooks.DisableAfter(0)),
		"slots": webhooks.Define("shop", webhooks.Slots(0, 1, 1)), "endpoints": webhooks.Define("shop", webhooks.MaxEndpoints(0)),
		"queue": webhooks.Define("shop", webhooks.MaxQueued(0)), "dead": webhooks.Define("shop", webhooks.MaxDead(0)),
		"memory": webhooks.Define("shop", webhooks.Remember(0)),
		"keep":   webhooks.Define("shop", webhooks.Keep(0, 0, 0)), "no key": webhooks.Define("shop", webhooks.Sealed()),
		"key": webhooks.Define("shop", webhooks.Sealed(webhooks.SealKey{ID: "k", Secret: []byte("short")})),
	} {
		if h.Err() == nil || h.Contracts() != nil {
			t.Errorf("a wrong %s is taken", name)
		}
		if _, err := partitions.New(new(bus.Bus), "g", h.Part()); err == nil {
			t.Errorf("a group takes a wrong %s", name)
		}
		if err := h.New(t.Context(), webhooks.Event{Type: "a", Data: []byte("1")}).Err(); err == nil {
			t.Errorf("a message of a wrong %s is made", name)
		}
	}
}
