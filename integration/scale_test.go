package integration_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// shoppers place orders through a balancer, each again until it is taken.
type shoppers struct {
	*balancer
	prefix string
	next   atomic.Int64
	failed [600]atomic.Int64 // answers by their status
}

// shop places orders until ctx ends, and finishes the one that it has begun.
func (s *shoppers) shop(ctx context.Context) {
	const pause = 150 * time.Millisecond
	for ctx.Err() == nil {
		id := fmt.Sprint(s.prefix, s.next.Add(1))
		for {
			got := s.order(context.WithoutCancel(ctx), id)
			if got == http.StatusCreated || got == http.StatusOK {
				break
			}
			s.failed[got].Add(1)
			switch {
			case got == http.StatusConflict: // its first request was a killed pod's, whose claim of the key has an end
				<-time.After(time.Second)
			case got < 500 && got != 0 || s.Context().Err() != nil:
				s.Errorf("order %s: %d", id, got)
				return
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// order posts an order once, and returns the status, 0 where there was no answer.
func (s *shoppers) order(ctx context.Context, id string) int {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	body := fmt.Sprintf(`{"id":%q,"customer":"Ada","email":"ada@example.com","items":[{"sku":"tea","quantity":1,"price_cents":450}]}`, id)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/orders", strings.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", `"`+id+`"`)
	response, err := s.client.Do(r)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}

// scaledPod is a pod of the shop with a time to serve on in which a balancer notices.
func scaledPod(t *testing.T) *pod {
	t.Helper()
	return runPod(t, []string{"KAFKA_URL=" + shared.Kafka(t).URL, "DATABASE_URL=" + shared.Postgres(t).URL, "REDIS_URL=" + shared.Redis(t).URL},
		"serve", "--http", "127.0.0.1:0", "--drain-delay", "1s")
}

// TestScale lets the shop have one pod, five, and two, under load, with kills: no request fails but those that a killed pod was to answer, and each
// order comes to its end once.
func TestScale(t *testing.T) { //nolint:paralleltest // its pods work the outbox of all
	s := &shoppers{balancer: balance(t), prefix: "scale-" + uuid.NewString()[:8] + "-"}
	pods := []*pod{scaledPod(t)}
	s.add(pods...)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var placing sync.WaitGroup
	for range clients {
		placing.Go(func() { s.shop(ctx) })
	}
	while := func(orders int64) {
		for until := s.next.Load() + orders; s.next.Load() < until; {
			select {
			case <-time.After(readyEvery):
			case <-t.Context().Done():
				t.FailNow()
			}
		}
	}
	end := func(p *pod, signal syscall.Signal) {
		p.end(t, signal)
		s.remove(p)
	}
	while(50)
	for range 4 {
		pods = append(pods, scaledPod(t))
		s.add(pods[len(pods)-1])
	}
	while(50)
	killed := map[*pod]bool{pods[0]: true, pods[2]: true}
	end(pods[0], syscall.SIGKILL)
	while(100)
	end(pods[1], syscall.SIGTERM)
	while(50)
	end(pods[2], syscall.SIGKILL)
	while(100)
	stop()
	placing.Wait()
	orders := int(s.next.Load())
	broken, lost := 0, int(s.failed[0].Load())
	for status := range s.failed[500:] {
		lost += int(s.failed[500+status].Load())
	}
	s.mu.Lock()
	for p, n := range s.broken {
		if broken += n; !killed[p] {
			t.Errorf("%d requests failed at %s, which was not killed", n, p.url)
		}
	}
	s.mu.Unlock()
	t.Logf("%d orders; %d requests were cut off by two kills", orders, broken)
	if lost != broken {
		t.Errorf("%d requests failed, of which %d were at killed pods", lost, broken)
	}
	s.settled(orders)
}

// settled waits until each order is paid and shipped, and says so of those for which that is not so, or is so twice.
func (s *shoppers) settled(orders int) {
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	db, err := pgx.Connect(ctx, shared.Postgres(s.T).URL)
	if err != nil {
		s.Fatal(err)
	}
	defer db.Close(context.WithoutCancel(ctx))
	count := func(query string) (n int) {
		if err := db.QueryRow(ctx, query, s.prefix+"%").Scan(&n); err != nil {
			s.Fatal(err)
		}
		return n
	}
	const (
		mails     = `SELECT count(*) FROM shop.mails WHERE order_id LIKE $1`
		fulfilled = `SELECT count(*) FROM shop.fulfilments WHERE order_id LIKE $1 AND accepted_at IS NOT NULL`
	)
	for mailed, accepted := 0, 0; mailed < 2*orders || accepted < orders; mailed, accepted = count(mails), count(fulfilled) {
		select {
		case <-time.After(readyEvery):
		case <-ctx.Done():
			s.Fatalf("%d of %d mails are sent, %d of %d orders are accepted by fulfilment", mailed, 2*orders, accepted, orders)
		}
	}
	for query, want := range map[string]int{
		mails: 2 * orders,
		`SELECT count(*) FROM shop.orders WHERE id LIKE $1`:                                     orders,
		`SELECT count(*) FROM shop.payments WHERE order_id LIKE $1`:                             orders,
		`SELECT count(DISTINCT order_id) FROM shop.payments WHERE order_id LIKE $1`:             orders,
		`SELECT count(*) FROM shop.payments WHERE order_id LIKE $1 AND refunded_at IS NOT NULL`: 0,
		`SELECT count(DISTINCT (order_id, subject)) FROM shop.mails WHERE order_id LIKE $1`:     2 * orders,
		fulfilled: orders,
	} {
		if got := count(query); got != want {
			s.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	published := 0
	for id, events := range onTopic(s.T) {
		if strings.HasPrefix(id, s.prefix) {
			published++
			if !once(events) {
				s.Errorf("order %s has the events %v on the topic, want one, once", id, events)
			}
		}
	}
	if published != orders {
		s.Errorf("%d of %d orders are on the topic", published, orders)
	}
}
