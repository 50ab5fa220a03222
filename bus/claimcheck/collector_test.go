package claimcheck_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
)

const hours = 8 * 24 * time.Hour // more than the grace

func collect(t *testing.T, b *bus.Bus, store claimcheck.Store, opts ...claimcheck.CollectorOption) (claimcheck.Collection, error) {
	t.Helper()
	c, err := claimcheck.NewCollector(b, store, []bus.Topic{topic}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c.Collect(t.Context())
}

// published puts payloads into the store and their events on a topic, and returns their keys.
func published(t *testing.T, b *bus.Bus, store claimcheck.Store, to bus.Topic, count int) []string {
	t.Helper()
	event, before := scanned().Encoded(checked(t, store)), keys(t, store, "")
	for range count {
		records, err := bus.Encode(of(t.Context(), "acme"), event.New(large("acme")))
		if err != nil {
			t.Fatal(err)
		}
		records[0].Topic = to
		if err := b.Publish(t.Context(), records[0].Message()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	return slices.DeleteFunc(keys(t, store, ""), func(key string) bool { return slices.Contains(before, key) })
}

// TestCollect leaves orphans beside payloads that events refer to in the topic, in a retry, dead letter and changelog topic, and in one that is named.
func TestCollect(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	event := scanned().Encoded(checked(t, &store))
	b := bustest.Open(t, event)
	var kept []string
	for _, to := range []bus.Topic{topic, "mailer.retry", "mailer.dlq", "ledger.changelog", "mirror"} {
		if err := b.Create(t.Context(), bus.TopicSpec{Name: to, Partitions: 2}); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, published(t, b, &store, to, 3)...)
	}
	foreign := topic + "/acme/somebody's"
	for _, key := range []string{foreign, "other/acme/claim-00000000000000000000000000000000"} {
		if err := store.Put(t.Context(), key, nil, ""); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, key)
	}
	for range 4 { // put, and never published
		encode(t, checked(t, &store), large("acme"))
	}
	all := keys(t, &store, "")
	young, err := collect(t, b, &store)
	if err != nil || young.Young != 19 || young.Deleted != 0 || !equal(withoutClock(keys(t, &store, "")), all) {
		t.Errorf("within the grace: %+v, %v", young, err)
	}
	store.Age(hours)
	dry, err := collect(t, b, &store, claimcheck.DryRun(), claimcheck.Also("mirror"))
	if err != nil || dry.Deleted != 4 || dry.Kept != 15 || !equal(withoutClock(keys(t, &store, "")), all) {
		t.Errorf("dry: %+v, %v", dry, err)
	}
	done, err := collect(t, b, &store, claimcheck.Also("mirror"), claimcheck.Pace(1_000_000, 1_000_000))
	if err != nil || done.Deleted != 4 || done.DeletedBytes <= 400 || done.Topics != 5 || done.References < 15 {
		t.Errorf("%+v, %v", done, err)
	}
	if left := withoutClock(keys(t, &store, "")); !equal(left, kept) {
		t.Errorf("left %v, want %v", left, kept)
	}
	if again, err := collect(t, b, &store, claimcheck.Also("mirror")); err != nil || again.Deleted != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func equal(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func withoutClock(all []string) []string {
	return slices.DeleteFunc(all, func(key string) bool { return !strings.Contains(key, "/") })
}

// TestUnreadable names topics and groups that cannot be read, a store that is away and a context that ends: nothing may be deleted.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	event := scanned().Encoded(checked(t, &store))
	b := bustest.Open(t, event)
	encode(t, checked(t, &store), large("acme"))
	store.Age(hours)
	for name, opt := range map[string]claimcheck.CollectorOption{"topic": claimcheck.Also("not.there"), "group": claimcheck.Groups("not-there")} {
		if done, err := collect(t, b, &store, opt); !errors.Is(err, bus.ErrNoTopic) || done.Deleted != 0 {
			t.Errorf("a %s that is not there: %+v, %v", name, done, err)
		}
	}
	published(t, b, &store, topic, 20)
	ended, cancel := context.WithCancel(t.Context())
	c, err := claimcheck.NewCollector(b, &store, []bus.Topic{topic}, claimcheck.Progress(func(claimcheck.Collection) { cancel() }))
	if err != nil {
		t.Fatal(err)
	}
	if done, err := c.Collect(ended); !errors.Is(err, context.Canceled) || done.Deleted != 0 {
		t.Errorf("interrupted: %+v, %v", done, err)
	}
	store.Away(true)
	if _, err := collect(t, b, &store); err == nil {
		t.Error("the store is away")
	}
	store.Away(false)
	if left := withoutClock(keys(t, &store, "")); len(left) != 21 {
		t.Errorf("%d are left", len(left))
	}
	for name, opts := range map[string][]claimcheck.CollectorOption{"grace": {claimcheck.Grace(-1)}, "pace": {claimcheck.Pace(-1, 0)}, "memory": {claimcheck.Memory(0)}} {
		if _, err := claimcheck.NewCollector(b, &store, []bus.Topic{topic}, opts...); err == nil {
			t.Errorf("a wrong %s", name)
		}
	}
}

// TestFullFilter has less memory than references: some orphans stay, and no object that is referred to goes.
func TestFullFilter(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	event := scanned().Encoded(checked(t, &store))
	b := bustest.Open(t, event)
	kept := published(t, b, &store, topic, 30)
	for range 50 {
		encode(t, checked(t, &store), large("acme"))
	}
	store.Age(hours)
	for range 100 { // each time with other seeds
		if _, err := collectQuietly(t, b, &store); err != nil {
			t.Fatal(err)
		}
		if left := withoutClock(keys(t, &store, "")); len(left) == len(kept) {
			break
		}
	}
	if left := withoutClock(keys(t, &store, "")); !equal(left, kept) {
		t.Errorf("%d are left of %d that are referred to", len(left), len(kept))
	}
}

func collectQuietly(t *testing.T, b *bus.Bus, store claimcheck.Store) (claimcheck.Collection, error) {
	t.Helper()
	return collect(t, b, store, claimcheck.Memory(32)) //nolint:mnd // 256 bits for 210
}
