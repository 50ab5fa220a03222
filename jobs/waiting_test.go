//go:build synctests && !race

package jobs_test

import (
	"context"
	"flag"
	"runtime"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions"
)

var waiting = flag.Int("waiting", 100_000, "how many jobs wait")

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// TestManyWaiting measures the memory that a job which waits takes on its node: what is free once the node has stopped. After that
// another one takes them over, and does them.
func TestManyWaiting(t *testing.T) { //nolint:paralleltest // the memory of others would be measured
	for name, c := range map[string]struct {
		most, all int64
		opts      []jobs.RunnerOption
	}{
		"in memory": {most: 500},
		"on disk":   {most: 50, all: 64 << 20, opts: []jobs.RunnerOption{jobs.On(partitions.OnDisk(t.TempDir()))}},
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
				for i := range *waiting {
					if all = append(all, kind.New(i)); len(all) == cap(all) || i == *waiting-1 {
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
				took := with - heap()
				t.Logf("%d bytes a job that waits", took/int64(*waiting))
				if took > c.all+c.most*int64(*waiting) {
					t.Errorf("%d bytes for %d jobs that wait, where up to %d and %d for each are said", took, *waiting, c.all, c.most)
				}
				began := time.Now()
				node.Restart()
				q.Settle()
				t.Logf("taken over in %s", time.Since(began))
				if err := q.runner(node).Resume(t.Context()); err != nil {
					t.Fatal(err)
				}
				q.after(time.Minute)
				if done != *waiting || len(q.counts()) != 0 {
					t.Errorf("%d are done, %v are left", done, q.counts())
				}
			})
		})
	}
}
