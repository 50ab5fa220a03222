package claimcheck_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
	"github.com/millrace/millrace/resilience"
)

// subscribe runs a group that tries once, until the test ends, and returns what it handles.
func subscribe(t *testing.T, b *bus.Bus, event bus.Event[scan], group string, handle func(scan) error) <-chan scan {
	t.Helper()
	handled, ended := make(chan scan, 100), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- b.Subscribe(ctx, group, bus.On(event, func(_ context.Context, s scan) error {
			err := handle(s)
			handled <- s
			return err
		}, bus.Retry(resilience.RetryPolicy{Attempts: 1, Initial: 1, Max: 1, Multiplier: 1}), bus.RetryLater()))
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return handled
}

func await(t *testing.T, handled <-chan scan) scan {
	t.Helper()
	select {
	case s := <-handled:
		return s
	case <-time.After(30 * time.Second):
		t.Fatal("nothing is handled")
		return scan{}
	}
}

// TestStoreAway lets the store go while a publisher and a group need it, and come back.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	event := scanned().Encoded(checked(t, &store))
	b := bustest.Open(t, event)
	if err := b.Publish(of(t.Context(), "acme"), event.New(large("acme"))).Err(); err != nil {
		t.Fatal(err)
	}
	store.Away(true)
	message := event.New(large("other"))
	if err := b.Publish(of(t.Context(), "other"), message).Err(); !errors.Is(err, claimcheck.ErrAway) || resilience.ClassOf(err) != resilience.ClassTransient {
		t.Errorf("published while the store is away: %v", err)
	}
	small := scan{ID: "2", Image: "small"}
	if err := b.Publish(t.Context(), event.New(small)).Err(); err != nil {
		t.Error(err)
	}
	handled := subscribe(t, b, event, "reader", func(scan) error { return nil })
	if got := await(t, handled); got != small {
		t.Errorf("while the store is away: %+v", got)
	}
	store.Away(false)
	if got := await(t, handled); got != large("acme") {
		t.Errorf("%+v", got)
	}
	if err := b.Publish(of(t.Context(), "other"), message).Err(); err != nil {
		t.Error(err)
	}
	if got := await(t, handled); got != large("other") {
		t.Errorf("%+v", got)
	}
	for letter := range b.DeadLetters(t.Context(), "reader") {
		t.Errorf("a dead letter: %+v", letter)
	}
}

// TestLostPayload deletes what an event refers to: the event is a dead letter that says so, and is handled once the object is back.
func TestLostPayload(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	event := scanned().Encoded(checked(t, &store))
	b := bustest.Open(t, event)
	if err := b.Publish(of(t.Context(), "acme"), event.New(large("acme"))).Err(); err != nil {
		t.Fatal(err)
	}
	key := keys(t, &store, topic)[0]
	data, err := store.Get(t.Context(), key, 1<<20)
	if err == nil {
		err = store.Delete(t.Context(), key)
	}
	if err != nil {
		t.Fatal(err)
	}
	handled := subscribe(t, b, event, "reader", func(scan) error { return nil })
	var letters []bus.DeadLetter
	for deadline := time.Now().Add(30 * time.Second); len(letters) == 0 && time.Now().Before(deadline); {
		for letter, err := range b.DeadLetters(t.Context(), "reader") {
			if err != nil {
				t.Fatal(err)
			}
			letters = append(letters, letter)
		}
	}
	if len(letters) != 1 || letters[0].Reason != bus.ReasonUndecodable || !strings.Contains(letters[0].Error, string(claimcheck.CodeMissing)) {
		t.Fatalf("%+v", letters)
	}
	if err := store.Put(t.Context(), key, data, ""); err != nil {
		t.Fatal(err)
	}
	if done, err := b.Redrive(t.Context(), "reader"); done != 1 || err != nil {
		t.Fatalf("redriven %d, %v", done, err)
	}
	if got := await(t, handled); got != large("acme") {
		t.Errorf("%+v", got)
	}
}

// TestTombstone publishes what has no payload beside what has a large one.
func TestTombstone(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	event := scanned().Encoded(checked(t, &store))
	b := bustest.Open(t, event)
	tombstone := bus.Record{Topic: topic, Key: []byte("1"), Headers: bus.Headers{{Key: bus.HeaderType, Value: []byte("office.document.scanned")}}}
	empty := tombstone
	empty.Value = []byte{}
	if err := b.Publish(of(t.Context(), "acme"), tombstone.Message(), empty.Message(), event.New(large("acme"))).Err(); err != nil {
		t.Fatal(err)
	}
	plain, n := scanned(), 0
	for got, err := range bus.Tail(t.Context(), b, event, bus.Earliest, bus.UntilEnd()) {
		want, errWant := plain.Decode(got.Record)
		if n++; n == 3 {
			want, errWant = large("acme"), nil
		}
		if got.Value != want || (err == nil) != (errWant == nil) {
			t.Errorf("record %d is %+v, %v; want %+v, %v", n, got.Value, err, want, errWant)
		}
	}
	if n != 3 || len(keys(t, &store, "")) != 1 {
		t.Errorf("%d records, %v", n, keys(t, &store, ""))
	}
}
