package resilience_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/resilience"
)

// TestPlacesComeBack makes calls that end in all ways, and looks whether any kept what it held.
func TestPlacesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			opts := []resilience.Option{
				resilience.Bulkhead(2, time.Second), resilience.AdaptiveLimit(2, 2, 2), resilience.AttemptTimeout(5 * time.Second),
				resilience.Breaker(resilience.BreakerPolicy{Rate: 0.5, Least: 4, Window: 20 * time.Second, Open: 5 * time.Second, Probes: 2}),
			}
			if rapid.Bool().Draw(r, "retry") {
				opts = append(opts, resilience.Retry(thrice()))
			}
			if rapid.Bool().Draw(r, "hedge") {
				opts = append(opts, resilience.Hedge(resilience.HedgePolicy{After: time.Second, Most: 2}))
			}
			p := policy[int](t, opts...)
			for _, end := range rapid.SliceOf(rapid.SampledFrom([]string{
				"ok", "fail", "permanent", "panic", "hang", "cancel",
				"pause",
			})).Draw(r, "ends") {
				if end == "pause" {
					<-time.After(7 * time.Second)
					continue
				}
				go func() {
					defer func() { _ = recover() }()
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					if end == "cancel" {
						time.AfterFunc(500*time.Millisecond, cancel)
					}
					_, _ = p.Do(ctx, func(ctx context.Context) (int, error) { return ending(ctx, end) })
				}()
			}
			<-time.After(time.Minute) // the window has passed, and the breaker opened last is due to probe
			for range 4 {
				if _, err := p.Do(t.Context(), func(context.Context) (int, error) { return 1, nil }); err != nil {
					r.Fatalf("after all calls have ended: %v", err)
				}
			}
			held := make(chan error, 2)
			for range 2 {
				go func() {
					_, err := p.Do(t.Context(), func(context.Context) (int, error) { <-time.After(500 * time.Millisecond); return 1, nil })
					held <- err
				}()
			}
			if err := errors.Join(<-held, <-held); err != nil {
				r.Fatalf("not both places are free: %v", err)
			}
		})
	})
}

func ending(ctx context.Context, end string) (int, error) {
	switch end {
	case "fail":
		return 0, errDown
	case "permanent":
		return 0, resilience.Permanent(errDown)
	case "panic":
		panic(end)
	case "hang", "cancel":
		return hangs(ctx)
	}
	return 1, nil
}
