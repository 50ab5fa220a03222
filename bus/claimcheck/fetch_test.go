package claimcheck_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/resilience"
)

// TestFetch fetches payloads before their events are decoded, which asks the store once, and fails as decoding does.
func TestFetch(t *testing.T) {
	t.Parallel()
	store := hanging{asked: make(chan struct{})}
	event := scanned().Encoded(checked(t, &store, claimcheck.ReadLimit(time.Hour)))
	record := func(tenant string, data []byte) bus.Record {
		return bus.Record{Value: data, Headers: bus.Headers{{Key: bus.HeaderTenant, Value: []byte(tenant)}}}
	}
	data, reference := encode(t, checked(t, &store), large("acme"))
	if size, elsewhere := event.Refers(record("acme", data)); !elsewhere || size != reference.Size {
		t.Errorf("%d bytes, %t; want %d", size, elsewhere, reference.Size)
	}
	fetched, err := event.Fetch(t.Context(), record("acme", data))
	if err != nil {
		t.Fatal(err)
	}
	store.Away(true)
	for range 3 {
		if got, err := fetched.Decode(record("acme", data)); err != nil || got != large("acme") {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if _, elsewhere := fetched.Refers(record("acme", data)); elsewhere {
		t.Error("it is fetched, and stands elsewhere")
	}
	if _, err := fetched.Decode(record("other", data)); !errors.Is(err, claimcheck.ErrForged) {
		t.Errorf("another tenant decodes what was fetched: %v", err)
	}
	again, _ := encode(t, checked(t, &timed{}), large("acme"))
	if _, err := fetched.Decode(record("acme", again)); !errors.Is(err, claimcheck.ErrAway) {
		t.Errorf("another payload than the one that was fetched: %v", err)
	}
	if _, err := event.Fetch(t.Context(), record("acme", data)); !errors.Is(err, claimcheck.ErrAway) || resilience.ClassOf(err) != resilience.ClassTransient {
		t.Errorf("the store is away: %v", err)
	}
	store.Away(false)
	if _, err := event.Fetch(t.Context(), record("other", data)); !errors.Is(err, claimcheck.ErrForged) || !errors.Is(err, bus.ErrDecode) {
		t.Errorf("another tenant fetches it: %v", err)
	}
	if err := store.Delete(t.Context(), reference.Key); err != nil {
		t.Fatal(err)
	}
	if _, err := event.Fetch(t.Context(), record("acme", data)); !errors.Is(err, claimcheck.ErrMissing) || !errors.Is(err, bus.ErrDecode) {
		t.Errorf("it is gone: %v", err)
	}
	small, _ := encode(t, checked(t, &store), scan{ID: "1"})
	for name, data := range map[string][]byte{
		"small": small, "nothing": nil, "wrong": []byte(`{"millrace-claim":1}`), "of another version": []byte(`{"millrace-claim":2}`),
	} {
		fetched, errFetched := event.Fetch(t.Context(), record("acme", data))
		_, elsewhere := event.Refers(record("acme", data))
		_, err := event.Decode(record("acme", data))
		if errFetched == nil {
			_, errFetched = fetched.Decode(record("acme", data))
		}
		if elsewhere || (err == nil) != (errFetched == nil) || err != nil && err.Error() != errFetched.Error() {
			t.Errorf("%s: stands elsewhere %t; %v, but %v once it is fetched", name, elsewhere, err, errFetched)
		}
	}
	store.hangs.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := event.Fetch(ctx, record("acme", data))
		ended <- err
	}()
	<-store.asked
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it was ended: %v", err)
	}
}
