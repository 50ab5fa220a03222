package resilience_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/resilience"
)

func TestHedge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy[int](t, resilience.Hedge(resilience.HedgePolicy{After: time.Second, Most: 1}), resilience.Bulkhead(2, 0))
		var made atomic.Int64
		lost := make(chan error, 1)
		began := time.Now()
		value, err := p.Do(t.Context(), func(ctx context.Context) (int, error) {
			if made.Add(1) == 2 {
				<-time.After(time.Second)
				return 2, nil
			}
			<-ctx.Done()
			lost <- ctx.Err()
			return 0, ctx.Err()
		})
		if value != 2 || err != nil || time.Since(began) != 2*time.Second {
			t.Errorf("%d, %v after %s", value, err, time.Since(began))
		}
		if err := <-lost; !errors.Is(err, context.Canceled) {
			t.Errorf("who loses is told %v", err)
		}
		if _, err := p.Do(t.Context(), well); err != nil || made.Load() != 2 {
			t.Errorf("a fast call: %v", err)
		}
		value, err = p.Do(t.Context(), func(context.Context) (int, error) {
			if made.Add(1) == 3 {
				<-time.After(2 * time.Second)
				return 0, errDown
			}
			<-time.After(3 * time.Second)
			return 4, nil
		})
		if value != 4 || err != nil {
			t.Errorf("the first fails while its hedge runs: %d, %v", value, err)
		}
	})
}

func TestHedgePanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy[int](t, resilience.Hedge(resilience.HedgePolicy{After: time.Second, Most: 1}), resilience.Retry(thrice()))
		defer func() {
			if v := recover(); v != "broken" {
				t.Errorf("the caller sees %v", v)
			}
		}()
		_, err := p.Do(t.Context(), func(context.Context) (int, error) { panic("broken") })
		t.Errorf("a panic became %v", err)
	})
}

func TestAdaptiveLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy[int](t, resilience.AdaptiveLimit(1, 20, 40))
		var running, refused atomic.Int64
		// A service that takes longer the more is asked of it at once.
		call := func(context.Context) (int, error) {
			n := running.Add(1)
			defer running.Add(-1)
			<-time.After(time.Duration(n*n) * time.Millisecond)
			return 1, nil
		}
		load := func(callers int, long time.Duration) (most int64) {
			until := time.Now().Add(long)
			done := make(chan int64)
			for range callers {
				go func() {
					var seen int64
					for time.Now().Before(until) {
						if _, err := p.Do(t.Context(), call); errors.Is(err, resilience.ErrLimited) {
							refused.Add(1)
							<-time.After(20 * time.Millisecond)
						}
						if time.Until(until) < 10*time.Second {
							seen = max(seen, running.Load())
						}
					}
					done <- seen
				}()
			}
			for range callers {
				most = max(most, <-done)
			}
			return most
		}
		load(2, 2*time.Minute)
		if before := refused.Load(); before > 0 {
			t.Errorf("%d of few calls are refused", before)
		}
		if most := load(60, 5*time.Minute); most >= 40 || refused.Load() == 0 {
			t.Errorf("%d calls run at once of a service that gets slower, %d were refused", most, refused.Load())
		}
	})
}
