//go:build synctests && !race

package jobs_test

import (
	"context"
	"flag"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions"
)

var waiting = flag.Int("waiting", 1_000_000, "how many jobs wait in memory; on disk it is a tenth")

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// worked is the processor time of this process: the clock of the test is not the machine's.
func worked(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// TestManyWaiting measures the memory that a job which waits takes on its node: what is free once the node has stopped. After that
// the next one takes them over, has no more memory than that, and does them.
func TestManyWaiting(t *testing.T) { //nolint:paralleltest // the memory of others would be measured
	for name, c := range map[string]struct {
		count     int
		most, all int64
		opts      []jobs.RunnerOption
	}{
		"in memory": {count: *waiting, most: 500},
		"on disk":   {count: *waiting / 10, most: 50, all: 64 << 20, opts: []jobs.RunnerOption{jobs.On(partitions.OnDisk(t.TempDir()))}},
	} {
		t.Run(name, func(t *testing.T) {
			done := 0
			kind := jobs.Define("waits", func(context.Context, *jobs.Attempt, int) (jobs.None, error) {
				done++
				return jobs.None{}, nil
			}, jobs.Queue("work"), jobs.Shards(4))
			run(t, append(c.opts, kind, jobs.Workers(1)), func(t *testing.T, q *queue) { //nolint:thelper // it is the test
				node := q.group.Start()
				q.Settle()
				if err := q.runner(node).Pause(t.Context()); err != nil {
					t.Fatal(err)
				}
				all := make([]jobs.Job, 0, 10_000)
				for i := range c.count {
					if all = append(all, kind.New(i)); len(all) == cap(all) || i == c.count-1 {
						q.enqueue(all...)
						all = all[:0]
					}
				}
				q.Settle()
				clear(all[:cap(all)])
				q.Advance(time.Minute)
				with := heap()
				node.Stop()
				q.Advance(time.Minute)
				without, began := heap(), worked(t)
				node.Restart()
				q.Settle()
				took := worked(t) - began
				q.Advance(time.Minute)
				for what, bytes := range map[string]int64{"the first node": with - without, "the next node": heap() - without} {
					t.Logf("%s: %d bytes a job that waits", what, bytes/int64(c.count))
					if bytes > c.all+c.most*int64(c.count) {
						t.Errorf("%s: %d bytes for %d jobs that wait, where up to %d and %d for each are said", what, bytes, c.count, c.all, c.most)
					}
				}
				t.Logf("%d jobs are taken over in %s of processor time, the broker's included", c.count, took)
				if err := q.runner(node).Resume(t.Context()); err != nil {
					t.Fatal(err)
				}
				q.after(time.Minute)
				if done != c.count || len(q.counts()) != 0 {
					t.Errorf("%d are done, %v are left", done, q.counts())
				}
			})
		})
	}
}
