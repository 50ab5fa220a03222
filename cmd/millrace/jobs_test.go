package main_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/request"
)

// letter is what the jobs of the test are given: those to nobody are dead, those that are slow run until they are cancelled.
type letter struct {
	To string `json:"to"`
}

var (
	sendLetter = jobs.Define("letter.send", func(ctx context.Context, a *jobs.Attempt, l letter) (string, error) {
		switch l.To {
		case "":
			return "", jobs.Discard(errors.New("there is nobody to send it to"))
		case "slow":
			a.Progress(jobs.Progress{Done: 3, Total: 7, Note: "pages"})
			<-ctx.Done()
			return "", context.Cause(ctx)
		}
		return "sent to " + l.To, nil
	}, jobs.Queue("post"), jobs.Shards(2), jobs.Retain(time.Hour), jobs.AtOnce(20))
	countLetters = jobs.Define("letter.count", func(context.Context, *jobs.Attempt, int) (jobs.None, error) { return jobs.None{}, nil },
		jobs.Queue("post"), jobs.Shards(2))
)

// posted is a broker with a node of the queue on it, of which the command says before that it has not run.
func posted(t *testing.T) (at string, b *bus.Bus, stop func()) {
	t.Helper()
	at = bustest.Broker(t)
	b, err := bus.Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	for _, args := range [][]string{{"post"}, {"list", "post"}, {"redrive", "post", "--all"}} {
		_, errs, code := command(t, "", append([]string{"jobs", "--kafka", at}, args...)...)
		if code != 1 || !strings.Contains(errs, `no queue "post" has run`) {
			t.Errorf("%v without a queue: %d, %s", args, code, errs)
		}
	}
	r, err := jobs.New(b, "post", sendLetter, countLetters, jobs.Logger(slog.New(slog.DiscardHandler)),
		jobs.Cron("letter.daily", "0 3 * * *", countLetters, func(time.Time) int { return 1 }))
	if err == nil {
		err = b.Verify(t.Context(), r.Contracts()...)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	return at, b, func() {
		end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// step is a command, and what is expected of it.
type step struct {
	in, out, errs string
	code          int
	args          []string
}

func TestJobs(t *testing.T) {
	t.Parallel()
	at, b, stop := posted(t)
	acme := request.With(t.Context(), request.Info{Tenant: "acme"})
	letters := []jobs.Job{
		sendLetter.New(letter{}, jobs.ID("n1")), sendLetter.New(letter{}, jobs.ID("n2")), sendLetter.New(letter{}, jobs.ID("n3")),
		sendLetter.New(letter{"anna"}, jobs.ID("good"), jobs.Then(countLetters.New(1, jobs.ID("next")))),
		sendLetter.New(letter{"slow"}, jobs.ID("slow")), sendLetter.New(letter{"bert"}, jobs.ID("later"), jobs.After(time.Hour)),
		countLetters.New(1, jobs.ID("count"), jobs.After(time.Hour)), countLetters.New(1, jobs.ID("far"), jobs.After(time.Hour)),
	}
	if err := errors.Join(jobs.Enqueue(t.Context(), b, letters...).Err(),
		jobs.Enqueue(acme, b, sendLetter.New(letter{}, jobs.ID("n1"))).Err()); err != nil {
		t.Fatal(err)
	}
	run := func(s step) (out, errs string, as bool) {
		out, errs, code := command(t, s.in, append([]string{"jobs", "--kafka", at}, s.args...)...)
		return out, errs, code == s.code && strings.Contains(out, s.out) && strings.Contains(errs, s.errs)
	}
	// until waits for what a command prints.
	until := func(want string, args ...string) {
		t.Helper()
		for deadline := time.Now().Add(60 * time.Second); ; {
			out, errs, as := run(step{out: want, args: args})
			if as {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%v: %s%s", args, out, errs)
			}
		}
	}
	try := func(steps ...step) {
		t.Helper()
		for _, s := range steps {
			if out, errs, as := run(s); !as {
				t.Errorf("jobs %v: %s%s", s.args, out, errs)
			}
		}
	}
	until("letter.send   7     scheduled 1, running 1, done 1, dead 4\n", "post")
	try([]step{
		{out: `{"queue":"post","paused":false,"states":{"dead":4,"done":1,"running":1,"scheduled":3},"kinds":[{"kind":"letter.count",` +
			`"jobs":2`, args: []string{"post", "--json"}},
		{out: "there is nobody to send it to", args: []string{"list", "post", "--state", "dead", "--kind", "letter.send"}},
		{out: "… and 8 more", args: []string{"list", "post", "-n", "1"}},
		{out: `{"id":"n1","tenant":"acme","kind":"letter.send","state":"dead"`, args: []string{"list", "post", "--tenant", "acme", "--json"}},
		{out: `"output":"sent to anna"`, args: []string{"list", "post", "--state", "done", "--json", "--values"}},
		{errs: "must be one of", code: 2, args: []string{"list", "post", "--state", "lost"}},
		{out: "reason      there is nobody to send it to\n", args: []string{"show", "post", "n1", "--tenant", "acme"}},
		{out: "output      \"sent to anna\"\n", args: []string{"show", "post", "good", "--values"}},
		{out: "progress    3 of 7, pages\n", args: []string{"show", "post", "slow", "--live"}},
		{out: `"state":"scheduled"`, args: []string{"show", "post", "later", "--json"}},
		{errs: `no job "n9" of the tenant ""`, code: 1, args: []string{"show", "post", "n9"}},
		{out: "letter.daily  0 3 * * *   UTC   letter.count", args: []string{"cron", "post"}},
		{out: `"name":"letter.daily","expression":"0 3 * * *"`, args: []string{"cron", "post", "--json"}},
		{out: "letter.send  ", args: []string{"limits", "post"}},
		{errs: "name the jobs, or say --all", code: 2, args: []string{"redrive", "post"}},
		{errs: "but not both", code: 2, args: []string{"discard", "post", "n1", "--all"}},
		{errs: "go with --all", code: 2, args: []string{"cancel", "post", "n1", "--kind", "letter.send"}},
		{errs: "goes with the id of one job", code: 2, args: []string{"redrive", "post", "n1", "n2", "--input", "{}"}},
		{errs: "is not JSON", code: 2, args: []string{"redrive", "post", "n1", "--input", "{"}},
		{errs: "cannot read what it is to be given", code: 1, args: []string{"redrive", "post", "n1", "--input", `{"to":5}`}},
		{errs: `no job "n9"`, code: 1, args: []string{"redrive", "post", "n1", "n9"}},
		{errs: "it is done, and cannot be redriven", code: 1, args: []string{"redrive", "post", "good"}},
		{errs: "it has ended before: it is done", code: 1, args: []string{"cancel", "post", "good"}},
		{out: "redrive: it would be 4 jobs of post\n", args: []string{"redrive", "post", "--all", "--kind", "letter.send", "--dry-run"}},
		{out: "redrive: it would be 0 jobs of post\n", args: []string{"redrive", "post", "--all", "--older", "1h", "--dry-run"}},
		{out: "n1 is ", in: `{"to":"carl"}`, args: []string{"redrive", "post", "n1", "--input", "-"}},
		{out: "later is scheduled\n", args: []string{"edit", "post", "later", `{"to":"dora"}`}},
		{out: `{"id":"slow","state":"cancelled"}`, args: []string{"cancel", "post", "slow", "--json"}},
		{out: "n2 is discarded\n", args: []string{"discard", "post", "n2"}},
		{out: `{"queue":"post","jobs":2,"did":2}`, args: []string{"cancel", "post", "--all", "--kind", "letter.count", "--json"}},
	}...)
	until(`"state":"done"`, "show", "post", "n1", "--json")
	try([]step{
		{out: `"sent to carl"`, args: []string{"show", "post", "n1", "--values"}},
		{out: `{"to":"dora"}`, args: []string{"show", "post", "later", "--values"}},
		{out: "post is paused\n", args: []string{"pause", "post"}},
		{out: "redrive: 2 of 2 jobs of post\n", args: []string{"redrive", "post", "--all"}},
		{
			out:  "letter.send   6     scheduled 1, waiting 2, done 2, cancelled 1\nthe queue is paused; see `millrace jobs resume post`\n",
			args: []string{"post"},
		},
		{out: `{"paused":false,"queue":"post"}`, args: []string{"resume", "post", "--json"}},
	}...)
	until("dead 2", "post")
	try(step{out: "discard: 5 of 5 jobs of post\n", args: []string{"discard", "post", "--all"}})
	stop()
	try(step{errs: "no node of the queue post runs now", code: 1, args: []string{"pause", "post"}},
		step{errs: "there is no answer within 1s", code: 1, args: []string{"cancel", "post", "later", "--wait", "1s"}})
}
