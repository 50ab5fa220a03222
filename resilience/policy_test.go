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

var errDown = errors.New("down")

func policy[T any](t testing.TB, opts ...resilience.Option) *resilience.Policy[T] {
	t.Helper()
	p, err := resilience.New[T]("payments", opts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func thrice() resilience.RetryPolicy {
	return resilience.RetryPolicy{Attempts: 3, Initial: time.Second, Max: 10 * time.Second, Multiplier: 1}
}

func fails(context.Context) (int, error) { return 0, errDown }

// hangs until its context ends.
func hangs(ctx context.Context) (int, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]resilience.Option{
		"retry": {resilience.Retry(resilience.RetryPolicy{})}, "budget": {resilience.Spend(nil)}, "nil logger": {resilience.Logger(nil)},
		"bulkhead": {resilience.Bulkhead(0, 0)}, "limit": {resilience.AdaptiveLimit(5, 4, 9)},
		"breaker": {resilience.Breaker(resilience.BreakerPolicy{})},
		"hedge":   {resilience.Hedge(resilience.HedgePolicy{Most: 1})}, "timeout": {resilience.Timeout(0)},
		"timeouts": {resilience.Timeout(time.Second), resilience.AttemptTimeout(time.Second)},
	} {
		if _, err := resilience.New[int]("payments", opts...); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := resilience.New[int](""); err == nil {
		t.Error("a policy without a name")
	}
	if _, err := resilience.NewBudget(0, 1); err == nil {
		t.Error("a budget of nothing")
	}
}

// TestOrder gives all options the wrong way round.
func TestOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy[int](t, resilience.AttemptTimeout(time.Second), resilience.Breaker(resilience.BreakerPolicy{
			Rate: 1, Least: 3, Window: time.Minute, Open: time.Minute, Probes: 1,
		}), resilience.Bulkhead(1, 0), resilience.Retry(thrice()), resilience.Timeout(time.Minute))
		began := time.Now()
		_, err := p.Do(t.Context(), hangs)
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("three attempts of a second, with a second between them, took %s", took)
		}
		if !errors.Is(err, resilience.ErrTimeout) || resilience.ClassOf(err) != resilience.ClassIndefinite {
			t.Errorf("attempts that time out end with %v", err)
		}
		if _, err := p.Do(t.Context(), fails); !errors.Is(err, resilience.ErrOpen) {
			t.Errorf("the breaker has not counted each attempt that timed out: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := policy[int](t, resilience.Bulkhead(1, 0), resilience.Retry(thrice()))
		done := make(chan error)
		go func() { _, err := p.Do(t.Context(), fails); done <- err }()
		synctest.Wait() // it waits between two attempts
		if _, err := p.Do(t.Context(), func(context.Context) (int, error) { return 1, nil }); err != nil {
			t.Errorf("a wait between attempts takes a place: %v", err)
		}
		if err := <-done; !errors.Is(err, errDown) {
			t.Errorf("%v", err)
		}
	})
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy[int](t, resilience.Timeout(1500*time.Millisecond), resilience.Retry(thrice()))
		began := time.Now()
		_, err := p.Do(t.Context(), fails)
		if !errors.Is(err, resilience.ErrTimeout) || !errors.Is(err, errDown) || time.Since(began) != 1500*time.Millisecond {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.Do(ctx, hangs); errors.Is(err, resilience.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the caller's own deadline is told as the policy's: %v", err)
		}
	})
}

func TestRefusalsAreNotRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		patient := thrice()
		patient.Max = time.Hour
		p := policy[int](t, resilience.Retry(patient), resilience.Breaker(resilience.BreakerPolicy{
			Rate: 1, Least: 2, Window: time.Minute, Open: time.Minute, Probes: 1,
		}))
		calls, began := 0, time.Now()
		_, err := p.Do(t.Context(), func(context.Context) (int, error) { calls++; return 0, resilience.Indefinite(errDown) })
		own, _ := errors.AsType[*resilience.Error](err)
		if calls != 2 || own == nil || own.Code != resilience.CodeOpen || own.After < 40*time.Second || !errors.Is(err, errDown) {
			t.Errorf("%d calls: %v", calls, err)
		}
		if resilience.ClassOf(err) != resilience.ClassIndefinite {
			t.Errorf("what was made before the refusal may have happened, and the error is %s", resilience.ClassOf(err))
		}
		if _, err := p.Do(t.Context(), fails); time.Since(began) != 2*time.Second || resilience.ClassOf(err) != resilience.ClassTransient {
			t.Errorf("refused after %s: %v", time.Since(began), err)
		}
	})
}

func TestRetryAfterIsHeeded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy[int](t, resilience.Retry(thrice()))
		for asked, want := range map[time.Duration]struct {
			calls int
			took  time.Duration
		}{5 * time.Second: {3, 10 * time.Second}, time.Minute: {1, 0}} {
			calls, began := 0, time.Now()
			_, err := p.Do(t.Context(), func(context.Context) (int, error) {
				calls++
				return 0, &resilience.Error{Policy: "other", Code: resilience.CodeTimeout, After: asked}
			})
			if calls != want.calls || time.Since(began) != want.took || err == nil {
				t.Errorf("asked for %s: %d calls in %s: %v", asked, calls, time.Since(began), err)
			}
		}
	})
}

func TestBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		budget, err := resilience.NewBudget(0.1, 2)
		if err != nil {
			t.Fatal(err)
		}
		p := policy[int](t, resilience.Retry(thrice()), resilience.Spend(budget))
		var calls, spent atomic.Int64
		for range 200 {
			go func() {
				_, err := p.Do(t.Context(), func(context.Context) (int, error) {
					calls.Add(1)
					<-time.After(3 * time.Second)
					return 0, errDown
				})
				if errors.Is(err, resilience.ErrBudget) && errors.Is(err, errDown) {
					spent.Add(1)
				}
			}()
		}
		<-time.After(time.Minute)
		synctest.Wait()
		if made := calls.Load(); made < 202 || made > 250 || spent.Load() < 150 {
			t.Errorf("200 calls that fail became %d, and %d were told of the budget", made, spent.Load())
		}
	})
}
