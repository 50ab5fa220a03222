package jobs_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
)

// A tool that is no node of the queue forgets a job that is dead.
func ExampleOutside() {
	serve(func(ctx context.Context, b *bus.Bus, r *jobs.Runner) {
		err := jobs.Enqueue(ctx, b, SendMail.New(Mail{"", "hello"}, jobs.ID("lost"))).Err()
		until(ctx, r, "lost", jobs.Dead)
		control := jobs.Outside(b, "mail")
		fmt.Println(control.Discard(ctx, "lost")[0].Job.State, err)
		fmt.Println(errors.Is(control.Describe(ctx, "lost").Err(), jobs.ErrNotFound))
	})
	// Output:
	// dead <nil>
	// true
}

// A handler is called once, without a queue: see package jobstest.
func ExampleKind_Try() {
	tried, err := SendMail.Try(Mail{"", "hello"}, jobs.Trial{})
	fmt.Println(tried.State, tried.Reason, err)
	tried, err = SendMail.Try(Mail{"anna@example.com", "hello"}, jobs.Trial{Attempt: 2})
	fmt.Println(tried.State, tried.Output, err)
	// Output:
	// dead there is nobody to send it to <nil>
	// done to anna@example.com, attempt 2 <nil>
}

func ExampleKind_Read() {
	records, err := bus.Encode(context.Background(), SendMail.New(Mail{"anna@example.com", "hello"}, jobs.ID("one"), jobs.Priority(1)).Message())
	if err != nil {
		panic(err)
	}
	job, is, err := SendMail.Read(records[0])
	fmt.Println(job.ID, job.Input.To, job.Priority, is, err)
	// Output:
	// one anna@example.com 1 true <nil>
}
