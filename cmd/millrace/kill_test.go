package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

const (
	orders  = 1000
	clients = 8
	// killAt is the number of accepted orders after which the process is killed.
	killAt = orders / 2
)

func TestKillLosesNoOrder(t *testing.T) {
	t.Parallel()
	data, client := openDirectory(t), httpClient(t)
	first := launch(t, nil, "--data", data).awaitReady(t)
	shop := first.at(t, "shop")

	var mu sync.Mutex
	accepted := map[string]bool{}
	var next atomic.Int64
	reached := make(chan struct{})
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for n := next.Add(1); n <= orders; n = next.Add(1) {
				id := fmt.Sprintf("order-%d", n)
				if place(t.Context(), client, shop, id) != http.StatusCreated {
					return // killed
				}
				mu.Lock()
				accepted[id] = true
				count := len(accepted)
				mu.Unlock()
				if count == killAt {
					close(reached)
				}
			}
		})
	}
	<-reached
	if err := first.signal(t, syscall.SIGKILL); err == nil {
		t.Fatal("it was not killed")
	}
	wg.Wait()
	if len(accepted) >= orders {
		t.Fatal("it was killed too late to show anything")
	}

	second := launch(t, nil, "--data", data).awaitReady(t)
	if !strings.Contains(second.output(), "adopted") {
		t.Error("the PostgreSQL left behind was not adopted")
	}
	seen := awaitEvents(t, second.at(t, "kafka"), accepted)
	lost := 0
	for id := range accepted {
		if seen[id] == 0 {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d accepted orders are not on the topic", lost, len(accepted))
	}
	awaitMails(t, client, second.at(t, "shop"), 2*len(accepted)) // that the order has come, and that it is shipped
	if got := place(t.Context(), client, second.at(t, "shop"), "after"); got != http.StatusCreated {
		t.Errorf("an order after the kill: %d", got)
	}
	if err := second.signal(t, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}
