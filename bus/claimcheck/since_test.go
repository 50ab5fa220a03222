package claimcheck_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
)

// TestSince has a row in an outbox that is older than the grace: its payload stays, and so do all where nobody knows.
func TestSince(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	b := bustest.Open(t, scanned().Encoded(checked(t, &store)))
	encode(t, checked(t, &store), large("acme"))
	store.Age(hours)
	row := time.Now().Add(-hours)
	waits := claimcheck.Since(func(context.Context) (time.Time, error) { return row, nil })
	if done, err := collect(t, b, &store, waits); err != nil || done.Deleted != 0 || done.Young != 1 {
		t.Errorf("a row waits: %+v, %v", done, err)
	}
	unknown := errors.New("the database is away")
	fails := claimcheck.Since(func(context.Context) (time.Time, error) { return time.Now(), unknown })
	if done, err := collect(t, b, &store, fails); !errors.Is(err, unknown) || done.Deleted != 0 {
		t.Errorf("nobody knows: %+v, %v", done, err)
	}
	none := claimcheck.Since(func(context.Context) (time.Time, error) { return time.Now(), nil })
	if done, err := collect(t, b, &store, none); err != nil || done.Deleted != 1 {
		t.Errorf("no row waits: %+v, %v", done, err)
	}
}

// TestDefaultGrace keeps what a relay that stands for six days has not sent yet.
func TestDefaultGrace(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	b := bustest.Open(t, scanned().Encoded(checked(t, &store)))
	encode(t, checked(t, &store), large("acme"))
	store.Age(6 * 24 * time.Hour)
	if done, err := collect(t, b, &store); err != nil || done.Deleted != 0 || done.Young != 1 {
		t.Errorf("%+v, %v", done, err)
	}
}

// misnamed lists the collector's clock by another key.
type misnamed struct{ *claimchecktest.Memory }

func (s misnamed) List(ctx context.Context, prefix string) iter.Seq2[claimcheck.Object, error] {
	return func(yield func(claimcheck.Object, error) bool) {
		for object, err := range s.Memory.List(ctx, prefix) {
			if !strings.Contains(object.Key, "/") {
				object.Key += "-old"
			}
			if !yield(object, err) {
				return
			}
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	var store claimchecktest.Memory
	b := bustest.Open(t, scanned().Encoded(checked(t, &store)))
	encode(t, checked(t, &store), large("acme"))
	store.Age(hours)
	if done, err := collect(t, b, misnamed{&store}); err == nil || done.Deleted != 0 {
		t.Errorf("%+v, %v", done, err)
	}
}
