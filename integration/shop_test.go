package integration_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/uuid"
)

const (
	orders  = 300
	clients = 8
	// killAt is the number of accepted orders after which a pod is killed.
	killAt = orders / 3
)

// TestShop sends an order from one pod to the topic, which kcat reads, and to a browser at the other pod.
func TestShop(t *testing.T) {
	t.Parallel()
	client, first, second := httpClient(t), startPod(t), startPod(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	events := stream(ctx, t, client, second.url)
	defer events.Body.Close()
	id := "order-" + uuid.NewString()
	if got := place(ctx, client, first.url, id); got != http.StatusCreated {
		t.Fatalf("POST /orders: %d", got)
	}
	if missing := awaitOnStream(events, map[string]bool{id: true}); len(missing) > 0 {
		t.Error("the order is not on the event stream")
	}
	if found := onTopic(t)[id]; !once(found) {
		t.Errorf("kcat finds the events %v of the order, want one, once", found)
	}
	if got := place(ctx, client, second.url, id); got != http.StatusOK {
		t.Errorf("the same order again, at the other pod: %d", got)
	}
}

// once says whether there is one event, published once.
func once(events map[string]int) bool {
	times := 0
	for _, n := range events {
		times += n
	}
	return times == 1
}

// TestKillLosesNoOrder kills a pod in the middle of orders to both: the other one's relay goes on, and repeats nothing.
func TestKillLosesNoOrder(t *testing.T) { //nolint:paralleltest // it kills the pod that works the outbox of all
	client, first, second := httpClient(t), startPod(t), startPod(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	events := stream(ctx, t, client, second.url)
	defer events.Body.Close()

	prefix := "order-" + uuid.NewString() + "-"
	var mu sync.Mutex
	accepted := map[string]bool{}
	var next, refused atomic.Int64
	reached := make(chan struct{})
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for n := next.Add(1); n <= orders && ctx.Err() == nil; n = next.Add(1) {
				id := fmt.Sprint(prefix, n)
				pods := []string{first.url, second.url}
				for try := n; ; try++ {
					got := place(ctx, client, pods[try%2], id)
					if got == http.StatusCreated || got == http.StatusOK {
						break
					}
					refused.Add(1)
					if ctx.Err() != nil {
						return
					}
				}
				mu.Lock()
				accepted[id] = true
				if len(accepted) == killAt {
					close(reached)
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-reached:
	case <-ctx.Done():
		t.Fatal("too few orders were accepted")
	}
	first.end(t, syscall.SIGKILL)
	wg.Wait()
	if len(accepted) != orders || refused.Load() == 0 {
		t.Fatalf("%d of %d orders accepted, and %d attempts refused", len(accepted), orders, refused.Load())
	}
	if missing := awaitOnStream(events, accepted); len(missing) > 0 {
		t.Errorf("%d of %d accepted orders did not reach the browser", len(missing), orders)
	}
	found := onTopic(t)
	for id := range accepted {
		if !once(found[id]) {
			t.Errorf("order %s has the events %v on the topic, want one, once", id, found[id])
		}
	}
}
