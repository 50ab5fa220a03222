//go:build synctests

package jobs_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/jobs"
)

// TestUntold takes the topic away in which jobs are told of, while one runs.
func TestUntold(t *testing.T) {
	t.Parallel()
	kind := jobs.Define("slow", func(_ context.Context, _ *jobs.Attempt, n int) (int, error) {
		<-time.After(time.Minute)
		return n, nil
	}, jobs.Queue("work"), jobs.Shards(4), jobs.Retain(24*time.Hour))
	run(t, []jobs.RunnerOption{kind, jobs.Tell()}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		q.group.Start()
		job := kind.New(7)
		q.enqueue(job)
		q.Settle()
		client, err := q.Bus().Client()
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if _, err := kadm.NewClient(client).DeleteTopic(t.Context(), "work.told"); err != nil {
			t.Fatal(err)
		}
		q.Advance(5 * time.Minute)
		if got := q.kept(job.ID()); got.State != jobs.Done || string(got.Output) != "7" || got.Attempts != 1 {
			t.Errorf("%+v", got)
		}
	})
}

// TestUntoldAtOpening takes the topic away, and the node whose job runs dies.
func TestUntoldAtOpening(t *testing.T) {
	t.Parallel()
	kind := jobs.Define("slow", func(ctx context.Context, _ *jobs.Attempt, n int) (int, error) {
		select {
		case <-time.After(time.Minute):
		case <-ctx.Done():
		}
		return n, ctx.Err()
	}, jobs.Queue("work"), jobs.Shards(1), jobs.Retain(24*time.Hour))
	run(t, []jobs.RunnerOption{kind, jobs.Tell()}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		node := q.group.Start()
		job := kind.New(7)
		q.enqueue(job)
		q.Settle()
		client, err := q.Bus().Client()
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if _, err := kadm.NewClient(client).DeleteTopic(t.Context(), "work.told"); err != nil {
			t.Fatal(err)
		}
		node.Crash()
		q.Advance(20 * time.Second)
		node.Restart()
		q.Advance(5 * time.Minute)
		if got := q.kept(job.ID()); got.State != jobs.Done || got.Attempts != 2 {
			t.Errorf("%+v", got)
		}
	})
}
