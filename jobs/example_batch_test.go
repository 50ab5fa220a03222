package jobs_test

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
)

// The completion job of a batch begins when all members have ended.
func ExampleBatch() {
	serve(func(ctx context.Context, b *bus.Bus, r *jobs.Runner) {
		batch := jobs.Batch(SendMail.New(Mail{"boss@example.com", "all are sent"}, jobs.ID("newsletter")),
			SendMail.New(Mail{"hugo@example.com", "news"}), SendMail.New(Mail{"ida@example.com", "news"}), SendMail.New(Mail{"", "news"}))
		err := jobs.Enqueue(ctx, b, batch...).Err()
		done := until(ctx, r, "newsletter", jobs.Done)
		fmt.Printf("%s %+v %v\n", done.State, done.Members, err)
	})
	// Output:
	// done {Open:0 Done:2 Dead:1 Cancelled:0} <nil>
}
