package integration_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

const rollingDrain = 3 * time.Second

// proxy hands each request to the next seat whose pod was ready when it was last asked.
func proxy(t *testing.T, seats []*seat) (at string) {
	t.Helper()
	var turn atomic.Int64
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	t.Cleanup(transport.CloseIdleConnections)
	server := httptest.NewServer(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		for range seats {
			if s := seats[int(turn.Add(1))%len(seats)]; s.last().ready == http.StatusOK {
				to, _ := url.Parse(s.url) // it was made of an address
				r.SetURL(to)
				return
			}
		}
	}, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}})
	t.Cleanup(server.Close)
	return server.URL
}

// TestRollingRestart restarts three pods one after the other, under requests, as a Deployment does.
func TestRollingRestart(t *testing.T) { //nolint:paralleltest // no other pods of the shop may come and go meanwhile
	client, began := httpClient(t), time.Now()
	seats := []*seat{newSeat(t), newSeat(t), newSeat(t)}
	pods := make([]*pod, len(seats))
	watching, stop := context.WithCancel(t.Context())
	var watches sync.WaitGroup
	defer watches.Wait()
	defer stop()
	for i, s := range seats {
		pods[i] = s.launch(t, rollingDrain)
		watches.Go(func() { s.watch(watching) })
		if i == 0 {
			pods[0].awaitReady(t) // it makes the topics
		}
	}
	b := open(t)
	for i, s := range seats {
		s.started(t, began, b)
		pods[i].awaitReady(t)
	}
	load := &load{client: client, at: proxy(t, seats)}
	watches.Go(func() { load.run(watching) })
	rolling := time.Now()
	for i, s := range seats {
		asked := time.Now()
		pods[i].end(t, syscall.SIGTERM)
		s.fell(t, asked)
		again := time.Now()
		pods[i] = s.launch(t, rollingDrain)
		s.started(t, again, b)
		s.await(t, again, "the pod is ready", func(one sample) bool { return one.ready == http.StatusOK })
		pods[i].awaitReady(t)
	}
	ended := time.Now()
	stop()
	watches.Wait()
	for i, s := range seats {
		t.Logf("pod %d:\n%s", i+1, strings.Join(s.timeline(began), "\n"))
	}
	if fewest := fewestReady(seats, rolling, ended); fewest < 2 {
		t.Errorf("at some time %d pods were ready", fewest)
	}
	if len(load.failures) > 0 || load.answered < 200 {
		t.Errorf("%d requests were answered, and %d failed: %v", load.answered, len(load.failures), load.failures[:min(5, len(load.failures))])
	}
	t.Logf("%d requests were answered in %s", load.answered, ended.Sub(rolling).Round(time.Millisecond))
}

// started holds what a pod's probes say from its launch until it has started: not ready before, alive all the time, and all its
// shards live from the moment on.
func (s *seat) started(t *testing.T, launched time.Time, b *bus.Bus) {
	t.Helper()
	answers := s.await(t, launched, "probes are answered", func(one sample) bool { return one.startup != 0 })
	if answers.startup != http.StatusServiceUnavailable {
		t.Errorf("%s: a pod that has just been launched has started: %+v", s.url, answers)
	}
	up := s.await(t, launched, "it has started", func(one sample) bool { return one.startup == http.StatusOK })
	for _, group := range []string{"millrace-outbox", "shop-checkout", "jobs.mail", "shop-webhooks"} {
		described, err := partitions.Describe(t.Context(), b, group)
		if err != nil {
			t.Fatal(err)
		}
		for _, shard := range described.Shards {
			if shard.State != partitions.ShardLive {
				t.Errorf("%s has started, and shard %d of %s is %s", s.url, shard.Shard, group, shard.State)
			}
		}
	}
	for _, one := range s.since(launched) {
		if one.at.Before(up.at) && one.ready == http.StatusOK {
			t.Errorf("%s was ready before it had started: %+v", s.url, one)
		}
		if one.live != http.StatusOK && !one.at.Before(answers.at) {
			t.Errorf("%s: livez fell: %+v", s.url, one)
		}
	}
}

// fell holds what a pod's probes said from its SIGTERM until it ended: readiness fell first, requests were served for as long
// as balancers were given, and liveness never fell while anything was answered.
func (s *seat) fell(t *testing.T, asked time.Time) {
	t.Helper()
	fell := s.await(t, asked, "readiness falls", func(one sample) bool { return one.ready != http.StatusOK })
	if fell.ready != http.StatusServiceUnavailable || fell.served != http.StatusOK {
		t.Errorf("%s: readiness did not fall first: %+v", s.url, fell)
	}
	closed := s.await(t, asked, "the port is closed", func(one sample) bool { return one.live == 0 })
	if took := closed.at.Sub(fell.at); took < rollingDrain*3/4 {
		t.Errorf("%s: the port was closed %s after readiness fell", s.url, took)
	}
	for _, one := range s.since(asked) {
		if one.at.Before(closed.at) && (one.live != http.StatusOK || one.served != http.StatusOK && one.at.Before(fell.at.Add(rollingDrain/2))) {
			t.Errorf("%s: it was not served to the end: %+v", s.url, one)
		}
	}
}

// fewestReady is how many pods were ready at the same time, at least.
func fewestReady(seats []*seat, from, to time.Time) int {
	fewest, said, next := len(seats), make([][]sample, len(seats)), make([]int, len(seats))
	for i, s := range seats {
		said[i] = s.since(from.Add(-time.Second))
	}
	for at := from; at.Before(to); at = at.Add(probeEvery) {
		ready := 0
		for i, samples := range said {
			for next[i]+1 < len(samples) && !samples[next[i]+1].at.After(at) {
				next[i]++
			}
			if samples[next[i]].ready == http.StatusOK {
				ready++
			}
		}
		fewest = min(fewest, ready)
	}
	return fewest
}

// load are clients that place orders and read them again.
type load struct {
	client   *http.Client
	at       string
	mu       sync.Mutex
	answered int
	failures []string
}

func (l *load) run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	for range 4 {
		running.Go(func() {
			for ctx.Err() == nil {
				id := "order-" + uuid.NewString()
				l.note("POST", place(context.WithoutCancel(ctx), l.client, l.at, id))
				l.note("GET", (&seat{url: l.at, client: l.client}).ask(context.WithoutCancel(ctx), "/orders/"+id))
				select {
				case <-ctx.Done():
				case <-time.After(probeEvery):
				}
			}
		})
	}
}

func (l *load) note(what string, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answered++; status != http.StatusOK && status != http.StatusCreated {
		l.failures = append(l.failures, fmt.Sprintf("%s at %s: %d", what, time.Now().Format("05.000"), status))
	}
}
