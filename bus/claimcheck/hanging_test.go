package claimcheck_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
	"github.com/millrace/millrace/partitions"
)

// hanging is a store that does not answer while it hangs. asked is sent to when it is asked.
type hanging struct {
	claimchecktest.Memory
	hangs atomic.Bool
	asked chan struct{}
}

func (s *hanging) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if s.hangs.Load() {
		select {
		case s.asked <- struct{}{}:
		default:
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.Memory.Get(ctx, key, limit)
}

// TestReadLimit gives a store that hangs up as one that is away, after the limit and a second for each MiB, and after 3 seconds by default.
func TestReadLimit(t *testing.T) {
	t.Parallel()
	var store timed
	value := large("acme")
	for limit, opts := range map[time.Duration][]claimcheck.Option{3 * time.Second: nil, time.Hour: {claimcheck.ReadLimit(time.Hour)}} {
		c, began := checked(t, &store, opts...), time.Now()
		data, _ := encode(t, c, value)
		if got, err := c.Decode(data); err != nil || got != value {
			t.Fatal(err)
		}
		if store.read.Before(began.Add(limit)) || store.read.After(time.Now().Add(limit)) {
			t.Errorf("it ends after %v, and not %v", store.read.Sub(began), limit)
		}
	}
	stuck := hanging{asked: make(chan struct{}, 1)}
	c := checked(t, &stuck, claimcheck.ReadLimit(10*time.Millisecond))
	data, _ := encode(t, c, value)
	stuck.hangs.Store(true)
	if _, err := c.Decode(data); !errors.Is(err, claimcheck.ErrAway) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it hangs: %v", err)
	}
}

// TestStoreHangs lets a store hang while the one lane of a partition group reads: what came before the large event is done, commands of other shards
// are, and all events once the store answers, in order, with no dead letter.
func TestStoreHangs(t *testing.T) {
	t.Parallel()
	store := hanging{asked: make(chan struct{})}
	store.hangs.Store(true)
	event := scanned().Encoded(checked(t, &store, claimcheck.ReadLimit(50*time.Millisecond)))
	b := bustest.Open(t, event)
	handled := make(chan int, 10)
	group, err := partitions.New(b, "archive", partitions.Lanes(1), partitions.On(event, func(_ *partitions.Tx, s scan) error {
		handled <- len(s.Image)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- group.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	acme := of(t.Context(), "acme")
	small := scan{ID: "1", Tenant: "acme", Image: "first"}
	last := scan{ID: "1", Tenant: "acme", Image: "the last"}
	if err := b.Publish(acme, event.New(small), event.New(large("acme")), event.New(last)).Err(); err != nil {
		t.Fatal(err)
	}
	next := func() int {
		t.Helper()
		select {
		case size := <-handled:
			return size
		case <-time.After(90 * time.Second):
			t.Fatal("nothing is handled")
			return 0
		}
	}
	if size := next(); size != len(small.Image) {
		t.Errorf("first %d bytes", size)
	}
	for range 3 { // it is asked, and asked again
		<-store.asked
		if err := group.Do(t.Context(), "another", func(*partitions.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	store.hangs.Store(false)
	want := []int{len(large("acme").Image), len(last.Image)}
	for len(want) > 0 {
		if size := next(); size == want[0] {
			want = want[1:]
		} else if size != len(small.Image) { // a transaction that is made again handles it again
			t.Fatalf("%d bytes, want %v", size, want)
		}
	}
	for letter := range b.DeadLetters(t.Context(), "archive") {
		t.Errorf("a dead letter: %+v", letter)
	}
}
