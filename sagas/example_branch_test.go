package sagas_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
	"github.com/millrace/millrace/sagas/sagastest"
)

// standIn is what examples have for a testing.T.
type standIn struct{ testing.TB }

func (standIn) Helper()                           {}
func (standIn) Context() context.Context          { return context.Background() }
func (standIn) Errorf(format string, args ...any) { say(fmt.Sprintf(format, args...)) }

// Book books something for a journey.
var Book = sagas.NewStep("book", func(_ context.Context, what string) (string, error) {
	if what == "a car" {
		return "", resilience.Permanent(errors.New("no car is left"))
	}
	return "number of " + what, nil
}, func(_ context.Context, _, number string) error {
	say("cancel the", number)
	return nil
}, sagas.Retry(resilience.RetryPolicy{Attempts: 1, Multiplier: 1}))

// Journey books all at once, two at a time.
var Journey = sagas.Define("journey", func(s *sagas.Saga, parts []string) (string, error) {
	numbers := make([]string, len(parts))
	branches := make([]func(*sagas.Saga) error, len(parts))
	for i, part := range parts {
		branches[i] = func(s *sagas.Saga) (err error) {
			numbers[i], err = sagas.Do(s, Book, part)
			return err
		}
	}
	err := sagas.All(s, 2, branches...)
	return strings.Join(numbers, ", "), err
})

func ExampleAll() {
	t := standIn{} // a test has its own
	run := sagastest.Run(t, Journey, []string{"a flight", "a room"})
	fmt.Println(run.Status, run.Result)
	run = sagastest.Run(t, Journey, []string{"a flight", "a car", "a room"})
	fmt.Println(run.Status, run.Reason)
	// Output:
	// completed number of a flight, number of a room
	// cancel the number of a room
	// cancel the number of a flight
	// compensated sagas: step book failed after 1 attempts: no car is left
}

// Paid is what a payment provider says by its callback.
var Paid = sagas.Define("paid", func(s *sagas.Saga, _ int) (string, error) {
	token := sagas.NewToken[string](s, "receipt")
	if _, err := sagas.Do(s, Ask, "https://shop.example/paid/"+token.String()); err != nil {
		return "", err
	}
	return token.Wait(s, time.Hour) // an HTTP handler calls sagas.Complete(ctx, publisher, token, receipt)
})

// Ask tells a provider where to call back.
var Ask = sagas.NewStep("ask", func(_ context.Context, callback string) (bool, error) {
	return strings.HasPrefix(callback, "https://shop.example/paid/"), nil
}, nil)

func ExampleNewToken() {
	t := standIn{} // a test has its own
	run := sagastest.Run(t, Paid, 5, sagastest.Signal(sagas.NewSignal[string]("receipt"), time.Minute, "r7"))
	fmt.Println(run.Status, run.Result, run.Took)
	run = sagastest.Run(t, Paid, 5)
	fmt.Println(run.Status, run.Reason, run.Took)
	// Output:
	// completed r7 1m0s
	// compensated sagas: the time is over 1h0m0s
}
