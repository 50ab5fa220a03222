//go:build synctests

package webhooks_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions/partitionstest"
)

// TestEachFailure lets a node crash before and after each of the steps of its transactions, and each transaction fail: an event is delivered all
// the same, and once as far as the rows say.
func TestEachFailure(t *testing.T) {
	t.Parallel()
	definition := webhooks.Define("shop", webhooks.Shards(4))
	partitionstest.EachFailure(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		s := newShop(t, w, webhooks.Schedule(time.Second, time.Second))
		for err := bus.ErrClosed; err != nil && !errors.Is(err, webhooks.ErrExists); w.Advance(500 * time.Millisecond) {
			_, _, err = s.hooks.Create(s.ctx, s.node.Group(), "at-a", webhooks.Settings{URL: "http://a.example.com"})
		}
		calls := 0
		s.net.serve("a.example.com", func(w http.ResponseWriter, _ *http.Request) {
			if calls++; calls == 1 {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		s.send("msg_1")
		w.Advance(10 * time.Second) // with a session timeout in it
		w.Settle()
		found, err := webhooks.Inspect(t.Context(), w.Bus(), "shop", "shop")
		if err != nil || len(found) != 1 || len(found[0].Endpoints) != 1 {
			t.Fatalf("%+v, %v", found, err)
		}
		d, got := found[0].Endpoints[0], s.net.at("a.example.com")
		if d.Delivered != 1 || d.Queued != 0 || d.Attempts < 1 || len(got) < 2 || len(got) > 4 {
			t.Errorf("%+v after %d arrivals", d, len(got))
		}
	}, definition.Contracts()...)
}

// TestMoves lets the node that delivers be killed, and shards move, while attempts are under way: they are made again by the next owner.
func TestMoves(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		other := s.group.Start()
		s.world.Settle()
		s.create("a.example.com", func(set *webhooks.Settings) { set.Ordered = true })
		s.create("b.example.com")
		slow := func(http.ResponseWriter, *http.Request) { s.world.Advance(800 * time.Millisecond) }
		s.net.serve("a.example.com", slow)
		s.net.serve("b.example.com", slow)
		s.send(many(20)...)
		s.world.Advance(2 * time.Second)
		s.group.Rebalance()
		s.world.Advance(2 * time.Second)
		owner := s.group.Owner("acme/at-a")
		owner.Crash()
		if s.node = other; owner == other {
			s.node = s.group.Start()
		}
		s.world.Advance(time.Minute)
		s.world.Settle()
		for _, host := range []string{"a.example.com", "b.example.com"} {
			got := ids(s.net.at(host))
			unique := slices.Compact(slices.Sorted(slices.Values(got)))
			if !slices.Equal(unique, many(20)) {
				s.t.Errorf("%s got %v", host, unique)
			}
			if len(got) > 20+2*16+4 {
				s.t.Errorf("%s got %d deliveries of 20", host, len(got))
			}
			if d := s.describe(id(host)); d.Queued != 0 || d.Delivered != 20 {
				s.t.Errorf("%+v", d)
			}
		}
		if got := ids(s.net.at("a.example.com")); !slices.IsSorted(got) {
			s.t.Errorf("the order is %v", got)
		}
	})
}

// TestStorm delivers to receivers that answer as chance has it, while nodes crash, pause and come, and shards move.
func TestStorm(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			selling(t, func(s *shop) { storm(s, rand.New(rand.NewPCG(seed, 7))) },
				webhooks.Schedule(slices.Repeat([]time.Duration{2 * time.Second}, 40)...), webhooks.Breaker(4, time.Second),
				webhooks.Slots(3, 6, 6), webhooks.Timeout(3*time.Second))
		})
	}
}

func storm(s *shop, chance *rand.Rand) {
	hosts := []string{"a.example.com", "b.example.com", "c.example.com"}
	odds, calm := []int{0, 10, 40}, false
	for i, host := range hosts {
		s.create(host, func(set *webhooks.Settings) { set.Ordered = i == 1 })
		s.net.serve(host, func(w http.ResponseWriter, r *http.Request) {
			s.net.mu.Lock()
			fate, takes := chance.IntN(100), time.Duration(chance.IntN(300))*time.Millisecond
			if calm {
				fate = 100
			}
			s.net.mu.Unlock()
			s.world.Advance(takes)
			switch {
			case fate >= odds[i]:
			case fate%3 == 0:
				<-r.Context().Done()
			default:
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
	}
	nodes := []*partitionstest.Node{s.node, s.group.Start()}
	total := 0
	for range 10 {
		for range chance.IntN(12) {
			s.send(fmt.Sprintf("msg_%03d", total))
			total++
		}
		s.world.Advance(time.Duration(chance.IntN(3000)) * time.Millisecond)
		switch one := nodes[chance.IntN(2)]; chance.IntN(5) {
		case 0:
			one.Crash()
			_ = one.Wait()
			one.Restart()
		case 1:
			one.Stop()
			one.Restart()
		case 2:
			s.group.Rebalance()
		case 3:
			s.group.Abort(1)
		default:
			one.Pause()
			s.world.Advance(time.Duration(chance.IntN(9000)) * time.Millisecond)
			one.Resume()
		}
	}
	s.net.mu.Lock()
	calm = true
	s.net.mu.Unlock()
	s.world.Advance(time.Minute)
	s.world.Settle()
	s.node = s.group.Owner("acme/at-a")
	for _, host := range hosts {
		got := ids(s.net.at(host))
		if unique := slices.Compact(slices.Sorted(slices.Values(got))); !slices.Equal(unique, many(total)) {
			s.t.Errorf("%s got %d of %d", host, len(unique), total)
		}
		if d := s.describe(id(host)); d.Queued != 0 || d.Delivered != int64(total) {
			s.t.Errorf("%+v of %d", d, total)
		}
	}
	told := make(map[string]int)
	last := ""
	for _, a := range partitionstest.Events(s.world, s.hooks.Attempts()) {
		if a.Outcome == webhooks.OutcomeDelivered {
			told[a.Endpoint+a.Event]++
		}
		if a.Endpoint == "at-b" {
			if a.Event < last {
				s.t.Errorf("at-b is told of %s after %s", a.Event, last)
			}
			last = a.Event
		}
	}
	for what, n := range told {
		if n != 1 {
			s.t.Errorf("%s is delivered %d times", what, n)
		}
	}
	if len(told) != len(hosts)*total {
		s.t.Errorf("%d deliveries of %d are told", len(told), len(hosts)*total)
	}
}
