//go:build synctests

package jobs_test

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/resilience"
)

var seeds = flag.Uint64("seeds", 8, "how many storms there are")

// call is one call of a handler.
type call struct {
	token       int64
	number      int
	attempt     int
	began, left time.Time
	returned    bool
}

// world is all that the handlers of a storm do, and what was asked for.
type world struct {
	mu        sync.Mutex
	random    *rand.Rand
	calls     map[string][]*call
	effects   map[string]int // by key, where what comes again is passed over
	due       map[string]time.Time
	cancelled map[string]time.Time // when that was answered
}

const attempts = 4

// work is the handler of a storm: it takes a while, and fails, hangs or snoozes now and then.
func (w *world) work(ctx context.Context, a *jobs.Attempt, in int) (jobs.None, error) {
	w.mu.Lock()
	c := &call{token: a.Token(), number: a.Number(), attempt: a.Attempt(), began: time.Now()}
	w.calls[a.ID()] = append(w.calls[a.ID()], c)
	takes, fate := time.Duration(w.random.IntN(3000))*time.Millisecond, w.random.IntN(20)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		c.left, c.returned = time.Now(), true
	}()
	if in%3 == 0 {
		takes = 0
	}
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return jobs.None{}, context.Cause(ctx)
	}
	switch fate {
	case 0, 1:
		return jobs.None{}, errors.New("not now")
	case 2:
		return jobs.None{}, jobs.Snooze(time.Second)
	case 3:
		<-ctx.Done()
		return jobs.None{}, ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.effects[a.Key()]++
	return jobs.None{}, nil
}

func storms(t *testing.T, test func(t *testing.T, seed uint64)) {
	t.Helper()
	for seed := range *seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			test(t, seed)
		})
	}
}

// TestStorm enqueues jobs of all sorts while nodes crash, stand still, stop and come back, transactions fail, and jobs are cancelled, and
// then looks at each call of each handler.
func TestStorm(t *testing.T) {
	t.Parallel()
	storms(t, func(t *testing.T, seed uint64) { //nolint:thelper // it is the test
		random := rand.New(rand.NewPCG(seed, 1))
		w := &world{
			random: rand.New(rand.NewPCG(seed, 2)), calls: make(map[string][]*call), effects: make(map[string]int),
			due: make(map[string]time.Time), cancelled: make(map[string]time.Time),
		}
		kind := jobs.Define("stormy", w.work, jobs.Queue("work"), jobs.Shards(4), jobs.Timeout(5*time.Second), jobs.Retain(24*time.Hour),
			jobs.Retry(resilience.RetryPolicy{Attempts: attempts, Initial: 500 * time.Millisecond, Max: 5 * time.Second, Multiplier: 3, Jitter: 0.5}))
		opts := []jobs.RunnerOption{kind, jobs.Workers(1 + random.IntN(6)), jobs.Grace(2 * time.Second), jobs.Logger(slog.New(slog.DiscardHandler))}
		run(t, opts, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
			w.storm(t, q, kind, random)
			w.judge(t, q)
		})
	})
}

func (w *world) storm(t *testing.T, q *queue, kind *jobs.Kind[int, jobs.None], random *rand.Rand) {
	t.Helper()
	nodes := []*partitionstest.Node{q.group.Start(), q.group.Start(), q.group.Start()}
	steps := []partitionstest.Step{partitionstest.Produce, partitionstest.CommitOffsets, partitionstest.EndTransaction}
	count := 0
	for range 6 {
		for range 15 {
			count++
			opts := []jobs.JobOption{jobs.ID(id(count)), jobs.Priority(1 + random.IntN(4))}
			due := time.Now()
			if random.IntN(3) == 0 {
				due = due.Add(time.Duration(random.IntN(20_000)) * time.Millisecond)
				opts = append(opts, jobs.At(due))
			}
			w.due[id(count)] = due
			q.enqueue(kind.New(count, opts...))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		asked := []string{id(1 + random.IntN(count)), id(count), id(count - 1)}
		answered := make(chan jobs.Answers, 1)
		at := random.IntN(len(nodes))
		node, canceller := nodes[at], nodes[(at+1)%len(nodes)] // whose questions get through
		go func() { answered <- q.cancelling(ctx, w, q.runner(canceller), asked) }()
		switch random.IntN(5) {
		case 0:
			node.CrashBefore(steps[random.IntN(3)], 1+random.IntN(3))
		case 1:
			node.CrashAfter(steps[random.IntN(3)], 1+random.IntN(3))
		case 2:
			q.group.Abort(1)
		case 3:
			node.Pause()
		case 4:
			node.Stop()
		}
		q.Advance(time.Duration(random.IntN(20_000)) * time.Millisecond)
		node.Resume()
		node.Crash()
		node.Restart()
		q.Settle()
		q.Advance(time.Minute)
		<-answered
		cancel()
	}
	q.Advance(5 * time.Minute)
	q.Settle()
}

// cancelling cancels jobs, and notes of each when that was answered.
func (q *queue) cancelling(ctx context.Context, w *world, r *jobs.Runner, ids []string) (all jobs.Answers) {
	for _, id := range ids {
		answers := r.Cancel(ctx, id)
		if answers[0].Err == nil && answers[0].Job.State == jobs.Cancelled {
			w.mu.Lock()
			w.cancelled[id] = time.Now()
			w.mu.Unlock()
		}
		all = append(all, answers...)
	}
	return all
}
