package jobs_test

import (
	"context"
	"fmt"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
)

// A report is made each working day by the clock of Berlin, also for days on which no node ran; and something is looked after each second.
func ExampleCron() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	report := jobs.Define("report.make", func(context.Context, *jobs.Attempt, string) (jobs.None, error) { return jobs.None{}, nil },
		jobs.Queue("mail"), jobs.Shards(4))
	daily := jobs.Cron("report.daily", "30 6 * * 1-5", report, func(tick time.Time) string { return tick.Format(time.DateOnly) },
		jobs.Zone(berlin), jobs.Missed(jobs.AllMissed), jobs.Each(jobs.Priority(4)))
	ticks := make(chan time.Time, 100)
	look := jobs.Define("queue.look", func(_ context.Context, _ *jobs.Attempt, tick time.Time) (jobs.None, error) {
		ticks <- tick
		return jobs.None{}, nil
	}, jobs.Queue("mail"), jobs.Shards(4))
	often := jobs.Cron("queue.often", "@every 1s", look, func(tick time.Time) time.Time { return tick })
	serve(func(ctx context.Context, b *bus.Bus, _ *jobs.Runner) {
		one, two := <-ticks, <-ticks
		fmt.Println(two.Sub(one).Abs() >= time.Second, one.Nanosecond())
		in, err := jobs.Inspect(ctx, b, "mail", nil)
		if err != nil {
			panic(err)
		}
		for _, s := range in.Schedules {
			fmt.Println(s.Name, s.Kind, s.Zone, s.Next.In(berlin).Format(time.TimeOnly) == "06:30:00")
		}
	}, report, daily, look, often)
	// Output:
	// true 0
	// queue.often queue.look UTC false
	// report.daily report.make Europe/Berlin true
}
