package claimchecktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/bus/claimcheck"
)

// Conformance checks an empty store. What it puts there it deletes.
func Conformance(t *testing.T, store claimcheck.Store) {
	t.Helper()
	ctx := t.Context()
	keys := []string{"conformance.a/acme/claim-1", "conformance.a/other/claim-2", "conformance.b/acme/claim-3"}
	large := bytes.Repeat([]byte("0123456789abcdef"), 400_000) // more than the 5 MiB from which S3 takes parts
	contents := [][]byte{[]byte("one"), {}, large}
	before := time.Now().Add(-time.Hour)
	for i, key := range keys {
		for _, data := range [][]byte{[]byte("of before"), contents[i]} {
			if err := store.Put(ctx, key, data, "application/json"); err != nil {
				t.Fatalf("put %s: %v", key, err)
			}
		}
	}
	for i, key := range keys {
		if got, err := store.Get(ctx, key, int64(len(large))+1); err != nil || !bytes.Equal(got, contents[i]) {
			t.Errorf("%s has %d bytes, want %d: %v", key, len(got), len(contents[i]), err)
		}
	}
	if got, err := store.Get(ctx, keys[2], 5); err != nil || string(got) != "01234" {
		t.Errorf("the first five bytes are %q: %v", got, err)
	}
	if _, err := store.Get(ctx, "conformance.a/acme/claim-9", 5); !errors.Is(err, claimcheck.ErrMissing) {
		t.Errorf("an object that is not there: %v", err)
	}
	for prefix, want := range map[string][]string{
		"conformance.a/": keys[:2], "conformance.a/acme/": keys[:1], "conformance.": keys, "conformance.c/": nil,
	} {
		got := list(t, store, prefix, before)
		if !slices.Equal(got, want) {
			t.Errorf("below %q are %v, want %v", prefix, got, want)
		}
	}
	manyObjects(t, store, before)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := store.Get(ended, keys[0], 5); err == nil || errors.Is(err, claimcheck.ErrMissing) {
		t.Errorf("a context that has ended: %v", err)
	}
	for range 2 { // the second time none is there
		if err := store.Delete(ctx, keys...); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if _, err := store.Get(ctx, keys[0], 5); !errors.Is(err, claimcheck.ErrMissing) {
		t.Errorf("what was deleted: %v", err)
	}
	if left := list(t, store, "conformance.", before); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// manyObjects are more than a page of S3 lists.
func manyObjects(t *testing.T, store claimcheck.Store, before time.Time) {
	t.Helper()
	const count = 1005
	var keys []string
	for i := range count {
		keys = append(keys, fmt.Sprintf("conformance.many/-/claim-%04d", i))
		if err := store.Put(t.Context(), keys[i], []byte("x"), "text/plain"); err != nil {
			t.Fatal(err)
		}
	}
	if got := list(t, store, "conformance.many/", before); !slices.Equal(got, keys) {
		t.Errorf("%d of %d objects are listed", len(got), count)
	}
	if err := store.Delete(t.Context(), keys...); err != nil {
		t.Error(err)
	}
}

// list are the keys, sorted. Their times must lie in the hours around now.
func list(t *testing.T, store claimcheck.Store, prefix string, before time.Time) (keys []string) {
	t.Helper()
	for object, err := range store.List(t.Context(), prefix) {
		if err != nil {
			t.Fatalf("list %s: %v", prefix, err)
		}
		if object.Modified.Before(before) || object.Modified.After(before.Add(2*time.Hour)) {
			t.Errorf("%s is of %s", object.Key, object.Modified)
		}
		keys = append(keys, object.Key)
	}
	slices.Sort(keys)
	return keys
}
