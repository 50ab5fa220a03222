package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/resilience"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDelayStaysWithinBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		initial := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "initial"))
		p := resilience.RetryPolicy{
			Attempts: 1, Initial: initial, Max: initial + time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "more")),
			Multiplier: rapid.Float64Range(1, 10).Draw(t, "multiplier"), Jitter: rapid.Float64Range(0, 1).Draw(t, "jitter"),
		}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		delay := p.Delay(rapid.IntRange(-1, 10_000).Draw(t, "attempt"))
		low := time.Duration(float64(initial)*(1-p.Jitter)) - 1
		if delay > p.Max || delay < low {
			t.Fatalf("delay %s is outside %s to %s", delay, low, p.Max)
		}
	})
}

func TestDoStops(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	policy := resilience.RetryPolicy{Attempts: 4, Initial: time.Second, Max: time.Minute, Multiplier: 2}
	synctest.Test(t, func(t *testing.T) {
		for name, test := range map[string]struct {
			policy resilience.RetryPolicy
			err    error
			end    time.Duration
			calls  int
			took   time.Duration
		}{
			"spent":     {policy, broken, time.Hour, 4, 7 * time.Second},
			"permanent": {policy, resilience.Permanent(broken), time.Hour, 1, 0},
			"context":   {policy, broken, 2 * time.Second, 2, 2 * time.Second},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), test.end)
			calls, began := 0, time.Now()
			err := resilience.Do(ctx, test.policy, func(context.Context) error { calls++; return test.err })
			cancel()
			if calls != test.calls || time.Since(began) != test.took || err == nil {
				t.Errorf("%s: %d calls in %s: %v", name, calls, time.Since(began), err)
			}
		}
		if err := resilience.Do(t.Context(), resilience.RetryPolicy{}, nil); err == nil {
			t.Error("the zero policy was taken")
		}
	})
}

func TestClassSurvivesWrapping(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	for err, class := range map[error]resilience.Class{
		fmt.Errorf("a: %w", resilience.Permanent(cause)):  resilience.ClassPermanent,
		fmt.Errorf("a: %w", resilience.Indefinite(cause)): resilience.ClassIndefinite,
		fmt.Errorf("a: %w", resilience.Transient(cause)):  resilience.ClassTransient,
		fmt.Errorf("a: %w", context.DeadlineExceeded):     resilience.ClassIndefinite,
		cause: resilience.ClassTransient,
	} {
		if got := resilience.ClassOf(err); got != class {
			t.Errorf("%v is %s, want %s", err, got, class)
		}
	}
	if resilience.Stated(cause) || resilience.Stated(context.Canceled) || !resilience.Stated(fmt.Errorf("a: %w", resilience.Transient(cause))) {
		t.Error("it is not known which errors state their class")
	}
	if resilience.Permanent(nil) != nil {
		t.Error("marking nil made an error")
	}
}

func ExampleDo() {
	tries := 0
	err := resilience.Do(context.Background(), resilience.RetryPolicy{Attempts: 3, Multiplier: 1}, func(context.Context) error {
		if tries++; tries < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	fmt.Println(tries, err)
	// Output: 3 <nil>
}
