package integration_test

import (
	"context"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestShutdownAtOnce tells one of two pods to stop while it holds all that a pod can hold at once: a request of which half has come, a
// page that follows the event stream, a job, a checkout's step and a webhook's receiver that hang, and half of the shards, under orders at
// both.
func TestShutdownAtOnce(t *testing.T) { //nolint:paralleltest // no other pods of the shop may come and go meanwhile
	s := newShutdown(t)
	placing, enough := context.WithCancel(t.Context())
	following, leave := context.WithCancel(t.Context())
	var customers, pages sync.WaitGroup
	defer func() { enough(); leave(); customers.Wait(); pages.Wait() }()
	for range 2 {
		customers.Go(func() { s.shop(placing) })
	}

	witness, page, left := newPage(), newPage(), make(chan error, 1)
	pages.Go(func() { _ = witness.follow(following, s.client, s.second.url) }) // until the test leaves it
	s.until("the witness is told of orders and checkouts", func() bool { return witness.told("orders") && witness.told("checkouts") })
	pages.Go(func() { left <- page.follow(following, s.client, s.first.url) })
	s.until("the page is told of orders and checkouts", func() bool { return page.told("orders") && page.told("checkouts") })
	mail, charge := s.hangOrder()
	endpoint, answer := s.hangWebhook()
	half := s.prefix + "half"
	finish := s.beginOrder(half)

	asked := time.Now()
	if err := s.first.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.closed(asked)
	if got := finish(); got != http.StatusCreated {
		t.Errorf("a request of which half had come is answered with %d", got)
	}
	answer()
	if err := <-left; err != nil || !page.advised() {
		t.Errorf("the event stream was cut off: %v, last told %q", err, page.last)
	}
	pages.Go(func() {
		page.rest(following)
		_ = page.follow(following, s.client, s.second.url) // until the test leaves it
	})
	s.until("the first pod's webhooks are the second one's", func() bool { return s.moved("shop-webhooks") })
	mail()
	s.ended(asked)
	charge()
	for _, group := range shutdownGroups {
		s.until("the second pod has taken "+group+" over", func() bool { return s.moved(group) })
	}
	so := s.next.Load() + 20
	s.until("orders go on", func() bool { return s.next.Load() >= so })
	enough()
	customers.Wait()

	s.unbroken()
	if got, _ := s.ask(http.MethodPost, s.second.url+"/orders", s.draft(half, 450)); got != http.StatusOK {
		t.Errorf("the order that was begun, at the other pod: %d", got)
	}
	s.settled(int(s.next.Load()) + 2) // that of which half had come, and that whose mail and payment hung
	s.told(endpoint)
	s.until("the page has been told of all, in order", func() bool { return page.resumed(witness) })
	if page.gaps() > 0 {
		t.Error("the page was told of a gap")
	}
	s.quiet(s.second)
}
