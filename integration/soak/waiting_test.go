package soak_test

import (
	"context"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions"
)

const (
	waitingVariable = "MILLRACE_SOAK_WAITING" // how many jobs wait
	usualWaiting    = 100_000
	waitingBatch    = 5000
	waitingCallers  = 4
	// A node has as much memory as this, and as much for each job.
	waitingMemory = 1 << 30
	waitingEach   = 600
)

// crowd is a queue of which many jobs wait.
type crowd struct {
	t      *testing.T
	count  int
	bus    *bus.Bus
	fleet  *fleet
	client *jobs.Runner
}

// TestManyWaiting lets many jobs wait, kills the node that has them, and lets the next one do each of them once.
func TestManyWaiting(t *testing.T) { //nolint:paralleltest // the memory and the time of others would be in its own
	if way := os.Getenv("MILLRACE_SERVERS"); way != "" && way != string(servers.Process) {
		t.Skipf("SKIPPED, MILLRACE_SERVERS is %s, and the broker must be a process of this machine", way)
	}
	count := usualWaiting
	if given := os.Getenv(waitingVariable); given != "" {
		var err error
		if count, err = strconv.Atoi(given); err != nil || count < 1 {
			t.Fatalf("%s must be how many jobs wait, such as 1000000: %v", waitingVariable, err)
		}
	}
	c, stop := gather(t, count)
	defer stop()
	one := c.start()
	c.ask("pause", c.client.Pause)
	began := time.Now()
	c.enqueue()
	t.Logf("%d jobs are enqueued after %s", count, time.Since(began).Round(time.Millisecond))
	c.live(one)
	c.memory(one, "all jobs wait", time.Since(began))
	c.fleet.kill(one)
	began = time.Now()
	two := c.start()
	c.live(two)
	c.memory(two, "the next node has them", time.Since(began))
	began = time.Now()
	c.ask("resume", c.client.Resume)
	for c.handled(two) < count {
		c.pause()
	}
	c.memory(two, "all are done", time.Since(began))
	c.fleet.end(two)
	if got := c.handled(two); got != count {
		t.Errorf("%d jobs were done of %d", got, count)
	}
	if wrong := c.fleet.timeline.wrong(); wrong != "" {
		t.Error(wrong)
	}
}

// gather starts a broker and a client of a queue.
func gather(t *testing.T, count int) (c *crowd, stop func()) {
	t.Helper()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	cluster, err := servers.StartCluster(t.Context(), 1, dir)
	servers.Require(t, err)
	lines, err := newTimeline(dir)
	must(err)
	b, err := bus.Open(t.Context(), cluster.URL)
	must(err)
	must(b.Create(t.Context(), bus.TopicSpec{Name: waitsEvents, Partitions: waitsShards}))
	client, err := jobs.New(b, waitsQueue, jobs.Client())
	must(err)
	ended := lines.while("the client", client.Run)
	c = &crowd{t: t, count: count, bus: b, client: client, fleet: &fleet{
		dir: dir, cluster: cluster.URL, timeline: lines, env: []string{waitingVariable + "=" + strconv.Itoa(count), roleVariable + "=" + waiterRole},
	}}
	return c, func() {
		c.fleet.close()
		ended()
		for _, err := range []error{b.Close(), cluster.Close(), lines.file.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	}
}

// start starts a node.
func (c *crowd) start() *life {
	c.t.Helper()
	l, err := c.fleet.start(1)
	if err != nil {
		c.t.Fatal(err)
	}
	return l
}

// pause waits a moment, unless something broke.
func (c *crowd) pause() {
	c.t.Helper()
	if wrong := c.fleet.timeline.wrong(); wrong != "" {
		c.t.Fatal(wrong)
	}
	if !rest(c.t.Context(), waitsEvery) {
		c.t.Fatal(c.t.Context().Err())
	}
}

// ask asks until there is an answer.
func (c *crowd) ask(what string, do func(context.Context) error) {
	c.t.Helper()
	for tries := range 60 {
		ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
		err := do(ctx)
		if cancel(); err == nil {
			return
		}
		c.t.Logf("%s, %d: %v", what, tries, err)
		c.pause()
	}
	c.t.Fatalf("the queue cannot %s", what)
}

func (c *crowd) enqueue() {
	c.t.Helper()
	kind := newWaits(c.count).kind
	batches := make(chan int)
	var callers sync.WaitGroup
	for range waitingCallers {
		callers.Go(func() {
			for from := range batches {
				var all []jobs.Job
				for n := from; n < min(from+waitingBatch, c.count); n++ {
					all = append(all, kind.New(n))
				}
				if err := jobs.Enqueue(c.t.Context(), c.bus, all...).Err(); err != nil {
					c.t.Error(err)
				}
			}
		})
	}
	for from := 0; from < c.count; from += waitingBatch {
		batches <- from
	}
	close(batches)
	callers.Wait()
}

// live waits until a node has all shards, and has taken in what was enqueued.
func (c *crowd) live(l *life) {
	c.t.Helper()
	for {
		c.pause()
		d, err := partitions.Describe(c.t.Context(), c.bus, waitsGroup)
		if err != nil || len(d.Shards) != waitsShards {
			continue
		}
		behind := int64(0)
		for _, s := range d.Shards {
			if behind += s.Lag; s.State != partitions.ShardLive || s.Owner.ID != l.name {
				behind++
			}
		}
		if behind == 0 {
			return
		}
	}
}

// handled is how many jobs a node has noted.
func (c *crowd) handled(l *life) int {
	c.t.Helper()
	notes, err := readJournal(l.journal)
	if err != nil {
		c.t.Fatal(err)
	}
	if len(notes) == 0 {
		return 0
	}
	return notes[len(notes)-1].Number
}

// memory says how much a node has, and bounds it.
func (c *crowd) memory(l *life, when string, took time.Duration) {
	c.t.Helper()
	now, most, err := memoryOf(l.cmd.Process.Pid)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Logf("%s after %s: the node has %d MB, %d at most, %d bytes a job", when, took.Round(time.Millisecond), now>>20, most>>20,
		most/int64(c.count))
	if limit := waitingMemory + waitingEach*int64(c.count); most > limit {
		c.t.Errorf("%s, and the node had %d bytes, where %d are allowed", when, most, limit)
	}
}
