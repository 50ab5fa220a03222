package console

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/request"
)

// job is one of a queue.
type job struct {
	jobs.Description

	queue string
}

func (l *looker) readJobs(ctx context.Context) ([]job, error) {
	return eachGroup(ctx, l, &l.jobs, func(ctx context.Context, group string) ([]job, error) {
		queue, is := strings.CutPrefix(group, inspect.QueuePrefix)
		if !is {
			return nil, nil
		}
		found, err := jobs.Inspect(ctx, l.Bus, queue, func(d *jobs.Description) bool {
			inspect.Valueless(d) // what a job works on is not for the console
			return true
		})
		all := make([]job, len(found.Jobs))
		for i, d := range found.Jobs {
			all[i] = job{d, queue}
		}
		return all, err
	})
}

func jobTone(s jobs.State) admin.Tone {
	switch s {
	case jobs.Done:
		return admin.ToneGood
	case jobs.Dead:
		return admin.ToneBad
	case jobs.Retrying:
		return admin.ToneWarn
	case jobs.Running, jobs.Waiting, jobs.Pending:
		return admin.ToneBusy
	case jobs.Scheduled, jobs.Cancelled:
	}
	return admin.ToneRest
}

func (l *looker) jobSection() (admin.Section, error) {
	return admin.NewSection(admin.Spec[job]{
		Name: "jobs", Title: "Jobs", About: "Jobs of all queues that are kept: what each waits for, and why it failed.",
		ID:     func(j job) string { return joined(j.queue, string(j.Tenant), j.Description.ID) },
		Tenant: func(j job) request.Tenant { return j.Tenant }, Order: "-enqueued", Read: l.readJobs, Every: 3 * time.Second,
		Columns: []admin.Column[job]{
			admin.Code("id", "ID", func(j job) string { return j.Description.ID }),
			admin.Code("queue", "Queue", func(j job) string { return j.queue }).Filtered().Minor(),
			admin.Code("kind", "Kind", func(j job) string { return j.Kind }).Filtered(),
			admin.State("state", "State", func(j job) (string, admin.Tone) { return string(j.State), jobTone(j.State) }).Filtered(),
			admin.Code("tenant", "Tenant", func(j job) string { return string(j.Tenant) }).Filtered().Minor(),
			admin.Number("attempts", "Attempts", func(j job) int64 { return int64(j.Attempts) }),
			admin.Time("enqueued", "Enqueued", func(j job) time.Time { return j.Enqueued }),
			admin.Time("due", "Due", func(j job) time.Time { return inspect.Due(j.Description) }).Minor(),
			admin.Text("reason", "Reason", func(j job) string { return j.Reason }).Minor(),
		},
		Facts: func(all []job) []admin.Fact {
			counts := map[jobs.State]int64{}
			for _, j := range all {
				counts[j.State]++
			}
			var facts []admin.Fact
			for _, state := range inspect.JobStates() {
				if n := counts[state]; n > 0 || state == jobs.Dead {
					facts = append(facts, count(string(state), string(state), n, jobTone(state)))
				}
			}
			return facts
		},
		Show: func(_ context.Context, j job) (admin.Details, error) {
			return admin.Details{Facts: admin.Describe(j,
				admin.Number("calls", "Calls", func(j job) int64 { return int64(j.Calls) }),
				admin.Number("priority", "Priority", func(j job) int64 { return int64(j.Priority) }),
				admin.Text("progress", "Progress", func(j job) string { return inspect.Progress(j.Progress) }),
				admin.Time("started", "Started", func(j job) time.Time { return j.Started }),
				admin.Time("ended", "Ended", func(j job) time.Time { return j.Ended }),
				admin.Code("unique", "Unique key", func(j job) string { return j.Unique }),
				admin.Code("batch", "Batch", func(j job) string { return j.Batch }),
			)}, nil
		},
		Actions: jobActions(l),
	})
}

// askLimit is how long nodes may take to answer.
const askLimit = 30 * time.Second

func jobActions(l *looker) []admin.Action[job] {
	ask := func(call func(*jobs.Control, context.Context, ...string) jobs.Answers, said string) func(context.Context, job, string) (string, error) {
		return func(ctx context.Context, j job, _ string) (string, error) {
			ctx, cancel := context.WithTimeout(ctx, askLimit)
			defer cancel()
			answers := call(jobs.Outside(l.Bus, j.queue), ctx, j.Description.ID)
			if err := answers.Err(); err != nil {
				return "", fmt.Errorf("the queue %s does not do it: %w", j.queue, err)
			}
			return fmt.Sprintf(said, answers[0].Job.State), nil
		}
	}
	ended := func(j job) error {
		if j.State != jobs.Dead && j.State != jobs.Cancelled {
			return errors.New("it is neither dead nor cancelled")
		}
		return nil
	}
	open := func(j job) error {
		if j.State == jobs.Done || j.State == jobs.Dead || j.State == jobs.Cancelled {
			return errEnded
		}
		return nil
	}
	return []admin.Action[job]{
		{
			Name: "redrive", Title: "Redrive", Role: admin.RoleOperator, When: ended, Reason: admin.ReasonOptional,
			Confirm: "The job begins again, with its attempts at zero.", Do: ask((*jobs.Control).Redrive, "The job is %s."),
		},
		{
			Name: "cancel", Title: "Cancel", Role: admin.RoleOperator, When: open, Reason: admin.ReasonRequired, Danger: true,
			Confirm: "The job does not begin any more; an attempt that runs is told to stop.", Do: ask((*jobs.Control).Cancel, "The job is %s."),
		},
		{
			Name: "discard", Title: "Discard", Role: admin.RoleOperator, When: ended, Reason: admin.ReasonRequired, Danger: true,
			Confirm: "The job is forgotten, with all that is known of it.", Do: ask((*jobs.Control).Discard, "The job was %s and is forgotten."),
		},
	}
}
