package jobs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/resilience"
)

type nobody struct{}

func (nobody) Publish(context.Context, ...bus.Message) bus.Results { return nil }

// TestDefinitionErrors defines kinds and jobs wrongly: whatever meets one first says what is wrong.
func TestDefinitionErrors(t *testing.T) {
	t.Parallel()
	handle := func(context.Context, *jobs.Attempt, int) (jobs.None, error) { return jobs.None{}, nil }
	good := jobs.Define("good", handle, jobs.Queue("work"))
	if good.Err() != nil {
		t.Fatal(good.Err())
	}
	for text, kind := range map[string]interface {
		jobs.RunnerOption
		Err() error
	}{
		"dotted lower-case": jobs.Define("Bad Name", handle, jobs.Queue("work")),
		"handler is nil":    jobs.Define[int, int]("nil", nil, jobs.Queue("work")),
		"queue \"W\"":       jobs.Define("queue", handle, jobs.Queue("W")),
		"Shards 0":          jobs.Define("shards", handle, jobs.Queue("work"), jobs.Shards(0)),
		"attempts":          jobs.Define("retry", handle, jobs.Queue("work"), jobs.Retry(resilience.RetryPolicy{})),
		"Timeout -1s":       jobs.Define("timeout", handle, jobs.Queue("work"), jobs.Timeout(-time.Second)),
		"Heartbeat 0s":      jobs.Define("heartbeat", handle, jobs.Queue("work"), jobs.Heartbeat(0)),
		"Retain 1ms":        jobs.Define("retain", handle, jobs.Queue("work"), jobs.Retain(time.Millisecond)),
		"Concurrency 0":     jobs.Define("concurrency", handle, jobs.Queue("work"), jobs.Concurrency(0)),
		"an option is nil":  jobs.Define("option", handle, jobs.Queue("work"), nil),
		"no schema of a chan": jobs.Define("chan", func(context.Context, *jobs.Attempt, chan int) (jobs.None, error) {
			return jobs.None{},
				nil
		}, jobs.Queue("work")),
	} {
		_, err := jobs.New(nil, "work", kind)
		if text == "no schema of a chan" {
			text = "chan"
		}
		for _, err := range []error{kind.Err(), err} {
			if !errors.Is(err, jobs.ErrDefinition) || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(text)) {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	bad := jobs.Define("Bad", handle)
	if err := jobs.Enqueue(t.Context(), nobody{}, bad.New(1)).Err(); !errors.Is(err, jobs.ErrDefinition) {
		t.Error(err)
	}
	for text, opts := range map[string][]jobs.RunnerOption{
		"no kinds": nil, "two kinds": {good, good}, "Workers 0": {good, jobs.Workers(0)}, "Grace": {good, jobs.Grace(-1)},
		"RetainDead": {good, jobs.RetainDead(0)}, "nil": {good, nil}, "Logger": {good, jobs.Logger(nil)}, "bus": {good},
		"jobs.Queue(\"work\")": {jobs.Define("other", handle)},
	} {
		if _, err := jobs.New(nil, "work", opts...); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for text, opt := range map[string]jobs.JobOption{
		"priority 5": jobs.Priority(5), "id \"a b\"": jobs.ID("a b"), "id \"a#b\"": jobs.ID("a#b"), "unique key": jobs.Unique("", 0, jobs.Ignore),
		"window": jobs.Unique("k", -1, jobs.Ignore), "conflict": jobs.Unique("k", 0, "fight"),
	} {
		job := good.New(1, opt)
		err := jobs.Enqueue(t.Context(), nobody{}, job).Err()
		if !errors.Is(err, jobs.ErrJob) || !strings.Contains(err.Error(), text) || resilience.ClassOf(err) != resilience.ClassPermanent ||
			job.Err() == nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := jobs.Enqueue(t.Context(), nobody{}, good.New(1)).Err(); !errors.Is(err, jobs.ErrJob) {
		t.Errorf("a publisher that says nothing: %v", err)
	}
	large := jobs.Define("large", func(context.Context, *jobs.Attempt, string) (jobs.None, error) { return jobs.None{}, nil })
	if _, err := bus.Encode(t.Context(), large.New(strings.Repeat("x", 600_000)).Message()); !errors.Is(err, jobs.ErrJob) {
		t.Errorf("an input of 600,000 bytes: %v", err)
	}
}
