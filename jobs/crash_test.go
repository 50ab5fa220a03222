//go:build synctests

package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/resilience"
)

// TestWorkerKilled kills the node in the middle of a job: it comes again elsewhere, as another attempt with a larger token.
func TestWorkerKilled(t *testing.T) {
	t.Parallel()
	var l log
	tokens := make(chan int64, 9)
	kind := jobs.Define("long", func(ctx context.Context, a *jobs.Attempt, _ int) (jobs.None, error) {
		tokens <- a.Token()
		l.add(fmt.Sprint(a.Attempt()))
		if a.Attempt() < 3 {
			<-ctx.Done()
			return jobs.None{}, context.Cause(ctx)
		}
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(4))
	run(t, []jobs.RunnerOption{kind}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		q.group.Start()
		q.group.Start()
		q.Settle()
		q.enqueue(kind.New(1, jobs.ID("a")))
		for range 2 {
			q.after(time.Second)
			owner := q.group.Owner("a")
			owner.Crash()
			q.after(time.Minute)
			owner.Restart()
		}
		q.after(time.Minute)
		if lines := l.all(); !slices.Equal(lines, []string{"1", "2", "3"}) {
			t.Fatalf("attempts %v", lines)
		}
		if first, second, third := <-tokens, <-tokens, <-tokens; first >= second || second >= third {
			t.Errorf("tokens %d, %d, %d", first, second, third)
		}
		if counts := q.counts(); len(counts) != 0 {
			t.Errorf("%v are left", counts)
		}
	})
}

// TestPausedNode cuts the owner of a shard off in the middle of a job: its handler's context ends, and no other job begins there, before the
// next owner begins.
func TestPausedNode(t *testing.T) {
	t.Parallel()
	type call struct {
		node         int
		began, ended time.Time
	}
	var mu sync.Mutex
	var calls []call
	nodes := 0
	kind := func() *jobs.Kind[int, jobs.None] {
		nodes++
		node := nodes
		return jobs.Define("long", func(ctx context.Context, _ *jobs.Attempt, _ int) (jobs.None, error) {
			c := call{node: node, began: time.Now()}
			select {
			case <-ctx.Done():
			case <-time.After(2 * time.Minute):
			}
			c.ended = time.Now()
			mu.Lock()
			defer mu.Unlock()
			calls = append(calls, c)
			return jobs.None{}, context.Cause(ctx)
		}, jobs.Queue("work"), jobs.Shards(1), jobs.Timeout(time.Hour))
	}
	runWith(t, func() []jobs.RunnerOption { return []jobs.RunnerOption{kind(), jobs.Workers(1)} }, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		q.group.Start()
		q.group.Start()
		q.Settle()
		k := kind()
		q.enqueue(k.New(1, jobs.ID("a")), k.New(2, jobs.ID("b")))
		q.after(time.Second)
		q.group.Owner("a").Pause()
		q.Advance(10 * time.Minute)
		q.Settle()
		mu.Lock()
		defer mu.Unlock()
		if len(calls) != 3 || calls[0].node == calls[1].node || calls[1].node != calls[2].node {
			t.Fatalf("%+v", calls)
		}
		for i, c := range calls[1:] {
			if c.began.Before(calls[i].ended) {
				t.Errorf("%+v begins while another node may have the shard", c)
			}
		}
	})
}

// TestPoisonJob has a job that kills each process that does it: its attempts come to an end, and it is dead with the reason. Jobs beside it
// are done.
func TestPoisonJob(t *testing.T) {
	t.Parallel()
	var killed chan struct{}
	kind := jobs.Define("poison", func(ctx context.Context, _ *jobs.Attempt, poison bool) (jobs.None, error) {
		if poison {
			killed <- struct{}{}
			<-ctx.Done()
		}
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(1), jobs.Retry(resilience.RetryPolicy{Attempts: 3, Multiplier: 1}))
	run(t, []jobs.RunnerOption{kind, jobs.Workers(4)}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		killed = make(chan struct{}, 9)
		node := q.group.Start()
		q.enqueue(kind.New(true, jobs.ID("poison")))
		for i := range 50 {
			q.enqueue(kind.New(false, jobs.ID(id(i))))
		}
		for range 3 {
			<-killed
			node.Crash()
			q.Advance(10 * time.Second)
			node.Restart()
		}
		q.after(time.Minute)
		if d := q.kept("poison"); d.State != jobs.Dead || d.Attempts != 3 || d.Reason == "" || len(killed) != 0 {
			t.Errorf("%+v", d)
		}
		if counts := q.counts(); counts[jobs.Dead] != 1 || len(counts) != 1 {
			t.Errorf("%v", counts)
		}
	})
}

// TestTimeout has handlers that take longer than they may: one heeds its context, one goes on and is given up, one tells nothing. All are
// tried again, and the places of those that are given up are free.
func TestTimeout(t *testing.T) {
	t.Parallel()
	var release chan struct{}
	kind := jobs.Define("slow", func(ctx context.Context, a *jobs.Attempt, how string) (jobs.None, error) {
		if until, is := ctx.Deadline(); !is || time.Until(until) != 10*time.Second {
			t.Errorf("the context ends %s", until)
		}
		if a.Attempt() > 1 {
			return jobs.None{}, nil
		}
		switch how {
		case "heeds":
			<-ctx.Done()
		case "goes-on":
			<-release
		case "beats":
			for range 9 {
				<-time.After(time.Second)
				a.Heartbeat()
			}
			<-ctx.Done()
		}
		return jobs.None{}, context.Cause(ctx)
	}, jobs.Queue("work"), jobs.Shards(1), jobs.Timeout(10*time.Second), jobs.Heartbeat(4*time.Second), jobs.Retain(time.Hour),
		jobs.Retry(resilience.RetryPolicy{Attempts: 3, Initial: time.Minute, Max: time.Minute, Multiplier: 1}))
	opts := []jobs.RunnerOption{kind, jobs.Workers(3), jobs.Logger(slog.New(slog.DiscardHandler))}
	run(t, opts, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		release = make(chan struct{})
		q.group.Start()
		q.Settle()
		for _, how := range []string{"heeds", "goes-on", "beats"} {
			q.enqueue(kind.New(how, jobs.ID(how)))
		}
		q.after(14 * time.Second)
		for how, why := range map[string]error{"heeds": jobs.ErrHeartbeat, "goes-on": jobs.ErrHeartbeat, "beats": jobs.ErrTimeout} {
			if d := q.kept(how); d.State != jobs.Retrying || d.Reason != why.Error() {
				t.Errorf("%+v", d)
			}
		}
		q.after(2 * time.Minute)
		if counts := q.counts(); counts[jobs.Done] != 3 {
			t.Errorf("%v", counts)
		}
		close(release)
		q.after(time.Second)
		if d := q.kept("goes-on"); d.State != jobs.Done || d.Attempts != 2 {
			t.Errorf("%+v", d)
		}
	})
}
