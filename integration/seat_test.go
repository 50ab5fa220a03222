package integration_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

const (
	// probeEvery is how often probes are asked, as a kubelet does each few seconds.
	probeEvery   = 20 * time.Millisecond
	probeTimeout = 2 * time.Second
)

// seat is an address at which pods follow each other, and what its probes have said.
type seat struct {
	url    string
	client *http.Client

	mu      sync.Mutex
	samples []sample
}

// sample is what a seat answered at one time: statuses, 0 where nothing answered. served is that of an ordinary request.
type sample struct {
	at                           time.Time
	startup, ready, live, served int
}

func newSeat(t *testing.T) *seat {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := &seat{url: "http://" + listener.Addr().String(), client: &http.Client{Timeout: probeTimeout, Transport: &http.Transport{}}}
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// launch starts a pod at the seat.
func (s *seat) launch(t *testing.T, drain time.Duration) *pod {
	t.Helper()
	return launchPod(t, []string{"KAFKA_URL=" + shared.Kafka(t).URL, "DATABASE_URL=" + shared.Postgres(t).URL, "REDIS_URL=" + shared.Redis(t).URL},
		"serve", "--http", s.url[len("http://"):], "--drain-delay", drain.String())
}

// watch asks the probes until ctx ends.
func (s *seat) watch(ctx context.Context) {
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	for {
		now := sample{at: time.Now(), ready: s.ask(ctx, "/readyz")}
		now.startup, now.live, now.served = s.ask(ctx, "/startupz"), s.ask(ctx, "/livez"), s.ask(ctx, "/orders") // in this order
		if ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		s.samples = append(s.samples, now)
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *seat) ask(ctx context.Context, path string) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return 0
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}

// last is the newest sample, the zero one before the first.
func (s *seat) last() (last sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.samples) > 0 {
		last = s.samples[len(s.samples)-1]
	}
	return last
}

// since are the samples from a time on.
func (s *seat) since(at time.Time) (samples []sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.samples {
		if !one.at.Before(at) {
			samples = append(samples, one)
		}
	}
	return samples
}

// await returns the first sample after a time that is as wanted.
func (s *seat) await(t *testing.T, from time.Time, what string, wanted func(sample) bool) sample {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	for {
		for _, one := range s.since(from) {
			if wanted(one) {
				return one
			}
		}
		select {
		case <-late.C:
			t.Fatalf("%s: it does not come about that %s: %+v", s.url, what, s.last())
		case <-ticker.C:
		}
	}
}

// timeline tells each change of what a seat said.
func (s *seat) timeline(began time.Time) (lines []string) {
	var before sample
	for i, one := range s.since(time.Time{}) {
		was, is := before, one
		was.at, is.at = time.Time{}, time.Time{}
		if i == 0 || was != is {
			lines = append(lines, fmt.Sprintf("%7.2fs startupz %3d  readyz %3d  livez %3d  GET /orders %3d",
				one.at.Sub(began).Seconds(), one.startup, one.ready, one.live, one.served))
		}
		before = one
	}
	return lines
}
