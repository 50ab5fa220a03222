package integration_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
)

// publish commits one event of writer 0, with its note, on whichever server takes it.
func (a *arena) publish(n int) {
	a.Helper()
	event := bus.Define("bank."+a.aggregate+".moved", func(entry) string { return "0" })
	conn, err := pgx.Connect(a.Context(), a.database)
	if err != nil {
		a.Fatal(err)
	}
	defer conn.Close(a.Context())
	err = pgx.BeginFunc(a.Context(), conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(a.Context(), "INSERT INTO written VALUES (0, $1)", n); err != nil {
			return err
		}
		return outbox.In(tx).Publish(a.Context(), event.New(entry{0, n})).Err()
	})
	if err != nil {
		a.Fatal(err)
	}
}

// arrived waits for as many records as there are numbers, which must be these in their order.
func (a *arena) arrived(want ...int) {
	a.Helper()
	ctx, cancel := context.WithTimeout(a.Context(), patience)
	defer cancel()
	var got []int
	for record, err := range a.bus.Read(ctx, a.topic(), bus.Earliest) {
		if err != nil {
			a.Fatalf("after %v: %v", got, err)
		}
		n, err := number(record.Value)
		if err != nil {
			a.Fatal(err)
		}
		if got = append(got, n); len(got) == len(want) {
			break
		}
	}
	if !slices.Equal(got, want) {
		a.Fatalf("%v are published, want %v", got, want)
	}
}

// said waits until the newest relay has logged the words, and returns that line.
func (a *arena) said(words string) string {
	a.Helper()
	limit := time.After(patience)
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	relay := a.relays[len(a.relays)-1]
	for {
		for line := range strings.Lines(relay.output()) {
			if strings.Contains(line, words) {
				return line
			}
		}
		select {
		case <-limit:
			a.Fatalf("the relay has not said %q", words)
		case <-poll.C:
		}
	}
}

// numbers are those from the first to before the last.
func numbers(first, last int) (all []int) {
	for n := first; n < last; n++ {
		all = append(all, n)
	}
	return all
}
