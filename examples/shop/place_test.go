package shop_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/examples/shop"
)

func TestPlacingTwiceIsIdempotent(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	first := f.post(order("one", "Ada"))
	if first.status != 201 || first.header.Get("Location") != "/orders/one" {
		t.Fatalf("first: %d, Location %q: %s", first.status, first.header.Get("Location"), first.body)
	}
	if again := f.post(order("one", "Ada")); again.status != 200 || again.body != first.body {
		t.Errorf("again: %d %s, want 200 %s", again.status, again.body, first.body)
	}
	refused(t, f.post(order("one", "Grace")), 409, "another order has this id")
	if got := f.get("/orders/one"); got.status != 200 || got.body != first.body {
		t.Errorf("read: %d %s", got.status, got.body)
	}

	var created sync.Map
	var racing sync.WaitGroup
	for i := range 16 {
		racing.Go(func() {
			if got := f.post(order("race", "Ada")); got.status == 201 {
				created.Store(i, true)
			} else if got.status != 200 {
				t.Errorf("race: %d %s", got.status, got.body)
			}
		})
	}
	racing.Wait()
	winners := 0
	created.Range(func(any, any) bool { winners++; return true })
	if winners != 1 {
		t.Errorf("%d of the racing requests placed the order, want 1", winners)
	}
}

func TestOrderAndEventShareOneTransaction(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	if _, err := f.pool.Exec(t.Context(), `ALTER TABLE outboxevent RENAME TO gone`); err != nil {
		t.Fatal(err)
	}
	refused(t, f.post(order("one", "Ada")), 503, "send the same request again")
	if n := f.count(`SELECT count(*) FROM shop.orders`); n != 0 {
		t.Errorf("%d orders without an event", n)
	}
	if _, err := f.pool.Exec(t.Context(), `ALTER TABLE gone RENAME TO outboxevent`); err != nil {
		t.Fatal(err)
	}
	f.run()
	if got := f.post(order("one", "Ada")); got.status != 201 {
		t.Fatalf("placed: %d %s", got.status, got.body)
	}
	f.until("one event on the topic", func() bool { return f.records() == 1 })
}

func TestOrdersArePaged(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	for i := range 5 {
		f.post(order(fmt.Sprintf("order-%d", i), "Ada"))
	}
	var ids []string
	for next := "/orders?limit=2"; next != ""; {
		var page shop.OrderPage
		if err := json.Unmarshal([]byte(f.get(next).body), &page); err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Orders {
			ids = append(ids, o.ID)
		}
		next = page.Next
	}
	if got, want := fmt.Sprint(ids), "[order-4 order-3 order-2 order-1 order-0]"; got != want {
		t.Errorf("paged %s, want %s", got, want)
	}
}

// records is how many events are on the order topic.
func (f *fixture) records() (n int) {
	f.Helper()
	for _, err := range bus.Tail(f.Context(), f.bus, shop.OrderPlaced, bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			f.Fatal(err)
		}
		n++
	}
	return n
}

// until asks again and again, and fails the test when the answer stays no.
func (f *fixture) until(what string, done func() bool) {
	f.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(2 * time.Minute)
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			f.Fatal("waited in vain: ", what)
		}
	}
}
