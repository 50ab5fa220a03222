package jobs_test

import (
	"context"
	"fmt"
	"time"

	"github.com/millrace/millrace/jobs"
)

// A kind may be limited over all nodes, and each tenant's share of it too.
func ExampleAtOnce() {
	charge := jobs.Define("card.charge", func(context.Context, *jobs.Attempt, int) (jobs.None, error) { return jobs.None{}, nil },
		jobs.AtOnce(50), jobs.Rate(100, time.Second), jobs.PerTenant(jobs.AtOnce(5)))
	fmt.Println(charge.Err())
	fmt.Println(jobs.Define("mail", func(context.Context, *jobs.Attempt, int) (jobs.None, error) { return jobs.None{}, nil }, jobs.AtOnce(0)).Err())
	// Output:
	// <nil>
	// jobs: definition: "mail": AtOnce 0 must be at least 1
}
