//go:build synctests

package webhooks_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
)

// TestSkewedClocks has nodes whose clocks are six minutes apart, between which endpoints move while deliveries wait for their next attempts:
// none is made before its time by the clock of the node that makes it, nor while that has the endpoint rest, and each is signed by that clock.
func TestSkewedClocks(t *testing.T) {
	t.Parallel()
	const endpoints, events, delay = 6, 3, 2 * time.Minute
	const skewed, rest = 3 * time.Minute, 10 * time.Second
	definition := webhooks.Define("shop", webhooks.Shards(4))
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		s := &shop{t: t, world: w, net: newInternet(), ctx: request.With(t.Context(), request.Info{Tenant: "acme"})}
		t.Cleanup(s.net.close)
		nodes := 0
		s.group = w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			skew := time.Duration(nodes%2*2-1) * skewed
			nodes++
			s.hooks = s.define(
				webhooks.Slots(1, 256, 1024),
				webhooks.Breaker(3, rest), webhooks.Schedule(slices.Repeat([]time.Duration{delay}, 8)...),
			)
			return partitions.New(b, "shop", s.hooks.Part(), partitions.WallClock(func() time.Time { return time.Now().Add(skew) }))
		})
		s.node = s.group.Start()
		w.Settle()
		for i := range endpoints {
			host := fmt.Sprintf("%d.example.com", i)
			s.net.serve(host, func(w http.ResponseWriter, r *http.Request) {
				others := func(id string) bool { return id != r.Header.Get(webhooks.HeaderID) }
				if len(slices.DeleteFunc(ids(s.net.at(host)), others)) < 3 {
					w.WriteHeader(http.StatusInternalServerError)
				}
			})
			s.create(host)
		}
		s.send(many(events)...)
		w.Advance(30 * time.Second)
		move := func() { // to a node of the other clock
			last := s.node
			s.node = s.group.Start()
			w.Settle()
			last.Stop()
		}
		for range 4 {
			move()
			w.Advance(80 * time.Second)
		}
		w.Advance(20 * time.Minute)
		for i := range 2 {
			move()
			id := fmt.Sprintf("last_%d", i)
			s.send(id)
			w.Advance(2*delay + 5*time.Second)
			for host := range endpoints {
				got := ids(s.net.at(fmt.Sprintf("%d.example.com", host)))
				if last := slices.Index(got, id); last < 0 || len(got)-last != 3 {
					t.Errorf("%d has got %v", host, got)
				}
			}
		}
		w.Settle()
		next, held, failures := make(map[string]time.Time), make(map[string]time.Time), make(map[string]int)
		for _, a := range partitionstest.Events(w, s.hooks.Attempts()) {
			if due := next[a.Endpoint+a.Event]; a.At.Before(due) || a.At.Before(held[a.Endpoint]) {
				t.Errorf("attempt %d of %s to %s is made at %s, where it is due at %s after a rest until %s", a.Number, a.Event, a.Endpoint,
					a.At, due, held[a.Endpoint])
			}
			next[a.Endpoint+a.Event] = a.Next
			if failures[a.Endpoint]++; a.Outcome == webhooks.OutcomeDelivered {
				failures[a.Endpoint] = 0
			}
			if failures[a.Endpoint] >= 3 {
				held[a.Endpoint] = a.At.Add(rest)
			}
		}
		clocks := make(map[time.Duration]int)
		for i := range endpoints {
			for _, r := range s.net.at(fmt.Sprintf("%d.example.com", i)) {
				seconds, err := strconv.ParseInt(r.header.Get(webhooks.HeaderTimestamp), 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				clocks[time.Unix(seconds, 0).Sub(r.at.Truncate(time.Second))]++
			}
		}
		if len(clocks) != 2 || clocks[-skewed] == 0 || clocks[skewed] == 0 {
			t.Errorf("attempts are signed by the clocks %v", clocks)
		}
		for i := range endpoints {
			if d := s.describe("at-" + strconv.Itoa(i)); d.Delivered != events+2 || d.Queued != 0 {
				t.Errorf("%+v", d)
			}
		}
	}, definition.Contracts()...)
}
