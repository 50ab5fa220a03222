//go:build synctests

package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
)

// TestDeadLetter has jobs that are dead: they are listed with the reason, edited, redriven and discarded. Records that are no jobs are dead
// letters.
func TestDeadLetter(t *testing.T) {
	t.Parallel()
	var l log
	kind := jobs.Define("parse", func(_ context.Context, a *jobs.Attempt, in int) (int, error) {
		l.add(id(in))
		if in < 0 {
			return 0, jobs.Discard(errors.New("it is negative"))
		}
		return a.Attempt(), nil
	}, jobs.Queue("work"), jobs.Shards(4), jobs.Retain(time.Hour))
	run(t, []jobs.RunnerOption{kind}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		node := q.group.Start()
		q.enqueue(kind.New(-1, jobs.ID("negative")), kind.New(-2, jobs.ID("gone")), kind.New(1, jobs.ID("good")))
		record := func(kind, id string, value string, more ...bus.Header) bus.Message {
			return bus.Record{Topic: "work.jobs", Key: []byte(id), Value: []byte(value), Headers: append(bus.Headers{
				{Key: "ce_type", Value: []byte(kind)}, {Key: "ce_id", Value: []byte(id)},
			}, more...)}.Message()
		}
		q.Publish(record("jobs.parse", "undecodable", `"x"`), record("mail.sent", "other", `1`), record("jobs.parse", "", `1`),
			record("jobs.parse", "odd", `1`, bus.Header{Key: "millrace-job-at", Value: []byte("soon")}), record("jobs.nobody", "unknown", `1`))
		q.after(time.Second)
		for id, reason := range map[string]string{"negative": "it is negative", "undecodable": ""} {
			if d := q.kept(id); d.State != jobs.Dead || d.Attempts != 1 || reason != "" && d.Reason != reason || d.Reason == "" {
				t.Errorf("%+v", d)
			}
		}
		if d := q.kept("unknown"); d.State != jobs.Waiting {
			t.Errorf("a job of a kind that nobody knows: %+v", d)
		}
		letters := 0
		for _, err := range q.Bus().DeadLetters(t.Context(), "jobs.work") {
			if err != nil {
				t.Fatal(err)
			}
			letters++
		}
		if letters != 3 {
			t.Errorf("%d dead letters", letters)
		}
		r := q.runner(node)
		if answers := r.Redrive(t.Context(), "good"); !errors.Is(answers.Err(), jobs.ErrState) {
			t.Error(answers.Err())
		}
		if answers := r.Edit(t.Context(), kind.Edit("negative", 5), kind.Edit("undecodable", 6)); answers.Err() != nil ||
			string(answers[0].Job.Input) != "5" {
			t.Errorf("%+v", answers)
		}
		if answers := r.Redrive(t.Context(), "negative", "undecodable"); answers.Err() != nil || answers[0].Job.State.Ended() {
			t.Errorf("%+v", answers)
		}
		if answers := r.Discard(t.Context(), "gone", "unknown"); answers[0].Err != nil || !errors.Is(answers[1].Err, jobs.ErrState) {
			t.Errorf("%+v", answers)
		}
		q.after(time.Second)
		for id, in := range map[string]string{"negative": "1", "undecodable": "1", "good": "1"} {
			if d := q.kept(id); d.State != jobs.Done || string(d.Output) != in {
				t.Errorf("%+v", d)
			}
		}
		if d := q.kept("gone"); d.ID != "" {
			t.Errorf("%+v", d)
		}
	})
}

// TestPause pauses a queue with jobs that run, are next, wait and come: what runs ends, and nothing begins on any node, old or new, until it is
// resumed.
func TestPause(t *testing.T) {
	t.Parallel()
	var l log
	kind := jobs.Define("slow", func(context.Context, *jobs.Attempt, int) (jobs.None, error) {
		l.add("begins")
		<-time.After(2 * time.Second)
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(4))
	run(t, []jobs.RunnerOption{kind, jobs.Workers(2)}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		node := q.group.Start()
		q.Settle()
		for i := range 20 {
			q.enqueue(kind.New(i))
		}
		q.Settle()
		r := q.runner(node)
		if err := r.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		begun := len(l.all())
		q.enqueue(kind.New(20), kind.New(21, jobs.After(time.Second)))
		q.after(10 * time.Second)
		node.Stop()
		q.after(time.Second)
		other := q.group.Start()
		q.after(20 * time.Second)
		if now := len(l.all()); now != begun {
			t.Errorf("%d have begun after it was paused", now-begun)
		}
		in, err := jobs.Inspect(t.Context(), q.Bus(), "work", nil)
		if err != nil || !in.Paused || in.Counts[jobs.Waiting] != 22-begun {
			t.Errorf("%+v, %v", in, err)
		}
		if err := q.runner(other).Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		q.after(time.Minute)
		if now := len(l.all()); now != 22 || len(q.counts()) != 0 {
			t.Errorf("%d have begun, %v are left", now, q.counts())
		}
	})
}

// TestDrain stops a node with jobs that end within the grace, that do not, and that have not begun: no attempt is counted but those that
// have come to their own end.
func TestDrain(t *testing.T) {
	t.Parallel()
	var l log
	kind := jobs.Define("takes", func(ctx context.Context, a *jobs.Attempt, d time.Duration) (int, error) {
		select {
		case <-time.After(d):
			l.add(d.String())
			return a.Attempt(), nil
		case <-ctx.Done():
			l.add(context.Cause(ctx).Error())
			return 0, ctx.Err()
		}
	}, jobs.Queue("work"), jobs.Shards(1), jobs.Retain(time.Hour))
	run(t, []jobs.RunnerOption{kind, jobs.Workers(2), jobs.Grace(10 * time.Second)}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		node := q.group.Start()
		q.Settle()
		q.enqueue(kind.New(8*time.Second, jobs.ID("ends")))
		q.enqueue(kind.New(15*time.Second, jobs.ID("does-not")))
		q.enqueue(kind.New(time.Second, jobs.ID("waits")))
		q.after(time.Second)
		began := time.Now()
		node.Stop()
		if took := time.Since(began); took < 10*time.Second || took > 12*time.Second {
			t.Errorf("the node has stopped after %s", took)
		}
		if d := q.kept("ends"); d.State != jobs.Done {
			t.Errorf("%+v", d)
		}
		if d := q.kept("does-not"); d.State != jobs.Waiting || d.Attempts != 0 || d.Calls != 1 {
			t.Errorf("%+v", d)
		}
		if d := q.kept("waits"); d.State != jobs.Waiting || d.Attempts != 0 || d.Calls != 0 {
			t.Errorf("%+v", d)
		}
		node.Restart()
		q.after(time.Minute)
		if counts := q.counts(); counts[jobs.Done] != 3 {
			t.Errorf("%v, %v", counts, l.all())
		}
		if d := q.kept("does-not"); string(d.Output) != "1" || d.Calls != 2 {
			t.Errorf("%+v", d)
		}
	})
}
