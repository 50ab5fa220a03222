package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/request"
)

// Mail is what a mail job is given.
type Mail struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// SendMail gives its key to the mail server, so that a mail that is sent twice comes once.
var SendMail = jobs.Define("mail.send", func(_ context.Context, a *jobs.Attempt, m Mail) (string, error) {
	switch {
	case m.To == "":
		return "", jobs.Discard(errors.New("there is nobody to send it to"))
	case m.Text == "busy" && a.Number() == 1:
		return "", jobs.Snooze(50 * time.Millisecond)
	case a.Key() == "":
		return "", errors.New("there is no key")
	}
	return fmt.Sprintf("to %s, attempt %d", m.To, a.Attempt()), nil
}, jobs.Queue("mail"), jobs.Shards(4), jobs.Timeout(30*time.Second), jobs.Retain(time.Hour))

// serve runs the queue until the example ends, with more than its one kind where that is given.
func serve(f func(ctx context.Context, b *bus.Bus, r *jobs.Runner), more ...jobs.RunnerOption) {
	ctx, stop := context.WithCancel(context.Background())
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		panic(err)
	}
	defer broker.Close()
	b, err := bus.Open(ctx, "kafka://"+broker.ListenAddrs()[0])
	if err != nil {
		panic(err)
	}
	defer b.Close()
	r, err := jobs.New(b, "mail", append(more, SendMail)...)
	if err == nil {
		err = b.Verify(ctx, r.Contracts()...)
	}
	if err != nil {
		panic(err)
	}
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	for !errors.Is(r.Describe(ctx, "nobody").Err(), jobs.ErrNotFound) {
		<-time.After(time.Millisecond)
	}
	f(ctx, b, r)
	stop()
	if err := <-ended; err != nil {
		panic(err)
	}
}

// until waits for a job to come to a state.
func until(ctx context.Context, r *jobs.Runner, id string, state jobs.State) jobs.Description {
	for {
		if answer := r.Describe(ctx, id)[0]; answer.Job.State == state {
			return answer.Job
		}
	}
}

func ExampleEnqueue() {
	serve(func(ctx context.Context, b *bus.Bus, r *jobs.Runner) {
		ctx = request.With(ctx, request.Info{Tenant: "acme"})
		job := SendMail.New(Mail{"anna@example.com", "hello"}, jobs.Priority(1))
		fmt.Println(jobs.Enqueue(ctx, b, job).Err())
		done := until(ctx, r, job.ID(), jobs.Done)
		fmt.Println(done.Tenant, done.Kind, done.State, string(done.Output))
	})
	// Output:
	// <nil>
	// acme mail.send done "to anna@example.com, attempt 1"
}

// A job may begin later, and be cancelled before.
func ExampleRunner_Cancel() {
	serve(func(ctx context.Context, b *bus.Bus, r *jobs.Runner) {
		job := SendMail.New(Mail{"anna@example.com", "good morning"}, jobs.ID("morning"), jobs.After(8*time.Hour))
		fmt.Println(jobs.Enqueue(ctx, b, job).Err())
		fmt.Println(until(ctx, r, "morning", jobs.Scheduled).State)
		fmt.Println(r.Cancel(ctx, "morning")[0].Job.State)
	})
	// Output:
	// <nil>
	// scheduled
	// cancelled
}

// A job that is not to be tried again is dead, and stays: it can be given another input, and begin again.
func ExampleRunner_Redrive() {
	serve(func(ctx context.Context, b *bus.Bus, r *jobs.Runner) {
		err := jobs.Enqueue(ctx, b, SendMail.New(Mail{"", "hello"}, jobs.ID("greeting"))).Err()
		fmt.Println(until(ctx, r, "greeting", jobs.Dead).Reason, err)
		err = r.Edit(ctx, SendMail.Edit("greeting", Mail{"bert@example.com", "hello"})).Err()
		err = errors.Join(err, r.Redrive(ctx, "greeting").Err())
		fmt.Println(string(until(ctx, r, "greeting", jobs.Done).Output), err)
	})
	// Output:
	// there is nobody to send it to <nil>
	// "to bert@example.com, attempt 1" <nil>
}

// A job that is snoozed comes again, and the attempt does not count.
func ExampleSnooze() {
	serve(func(ctx context.Context, b *bus.Bus, r *jobs.Runner) {
		err := jobs.Enqueue(ctx, b, SendMail.New(Mail{"carl@example.com", "busy"}, jobs.ID("later"))).Err()
		fmt.Println(string(until(ctx, r, "later", jobs.Done).Output), err)
	})
	// Output:
	// "to carl@example.com, attempt 1" <nil>
}

// Of jobs of one unique key at most one is there at a time.
func ExampleUnique() {
	serve(func(ctx context.Context, b *bus.Bus, r *jobs.Runner) {
		daily := func(text string) jobs.Job {
			return SendMail.New(Mail{"dora@example.com", text}, jobs.ID(text), jobs.Unique("daily-dora", 24*time.Hour, jobs.Ignore))
		}
		first, second := daily("one"), daily("two")
		err := jobs.Enqueue(ctx, b, first, second).Err()
		fmt.Println(string(until(ctx, r, first.ID(), jobs.Done).Output), err)
		fmt.Println(errors.Is(r.Describe(ctx, second.ID()).Err(), jobs.ErrNotFound))
	})
	// Output:
	// "to dora@example.com, attempt 1" <nil>
	// true
}

func ExampleRunner_Pause() {
	serve(func(ctx context.Context, b *bus.Bus, r *jobs.Runner) {
		err := r.Pause(ctx)
		err = errors.Join(err, jobs.Enqueue(ctx, b, SendMail.New(Mail{"emil@example.com", "hello"}, jobs.ID("held"))).Err())
		fmt.Println(until(ctx, r, "held", jobs.Waiting).State, err)
		err = r.Resume(ctx)
		fmt.Println(until(ctx, r, "held", jobs.Done).State, err)
	})
	// Output:
	// waiting <nil>
	// done <nil>
}
