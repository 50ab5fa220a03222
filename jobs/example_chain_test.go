package jobs_test

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
)

// A job may be enqueued with the end of another one.
func ExampleThen() {
	serve(func(ctx context.Context, b *bus.Bus, r *jobs.Runner) {
		second := SendMail.New(Mail{"gina@example.com", "it is on its way"}, jobs.ID("second"))
		first := SendMail.New(Mail{"gina@example.com", "thank you"}, jobs.ID("first"), jobs.Then(second))
		err := jobs.Enqueue(ctx, b, first).Err()
		fmt.Println(string(until(ctx, r, "second", jobs.Done).Output), err)
		fmt.Println(r.Describe(ctx, "first")[0].Job.State)
	})
	// Output:
	// "to gina@example.com, attempt 1" <nil>
	// done
}
