package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/millrace/millrace/resilience"
)

// A policy of a service: three attempts, as long as they are a small part of what is asked of it, and none while it is down.
func Example() {
	budget, err := resilience.NewBudget(0.2, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	policy, err := resilience.New[string]("greeter",
		resilience.Timeout(5*time.Second), resilience.AttemptTimeout(time.Second),
		resilience.Retry(resilience.RetryPolicy{Attempts: 3, Multiplier: 1}), resilience.Spend(budget),
		resilience.Breaker(resilience.DefaultBreaker()), resilience.Bulkhead(100, 50*time.Millisecond))
	if err != nil {
		fmt.Println(err)
		return
	}
	tries := 0
	greeting, err := policy.Do(context.Background(), func(context.Context) (string, error) {
		if tries++; tries < 3 {
			return "", errors.New("not yet")
		}
		return "hello", nil
	})
	fmt.Println(greeting, err)
	// Output: hello <nil>
}

func ExampleBulkhead() {
	policy, err := resilience.New[int]("report", resilience.Bulkhead(1, 0))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = policy.Do(context.Background(), func(ctx context.Context) (int, error) {
		return policy.Do(ctx, func(context.Context) (int, error) { return 1, nil }) // there is no second place
	})
	fmt.Println(errors.Is(err, resilience.ErrFull), err)
	// Output: true resilience: bulkhead full for "report": the last attempt: resilience: bulkhead full for "report"
}

func ExampleTransport() {
	policy, err := resilience.New[*http.Response]("github", resilience.Retry(resilience.DefaultRetry()), //nolint:bodyclose // no answer yet
		resilience.Breaker(resilience.DefaultBreaker()), resilience.Timeout(10*time.Second))
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{Transport: resilience.Transport(policy, nil)}
	fmt.Println(client.Transport != nil)
	// Output: true
}
