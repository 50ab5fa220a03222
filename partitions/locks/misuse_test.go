package locks_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/partitions/locks"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	for name, opts := range map[string][]locks.Option{
		"Upper": nil, "": nil, "short": {locks.LeaseTime(time.Millisecond)}, "long": {locks.LeaseTime(time.Hour)},
		"silent": {locks.Logger(nil)}, "waiting": {locks.MaxWaiting(-1)}, "owner": {locks.Owner(strings.Repeat("x", 256))},
	} {
		if _, err := locks.New(b, name, opts...); !errors.Is(err, locks.ErrGroup) {
			t.Errorf("group %q: %v", name, err)
		}
	}
	m, _ := start(t, b, locks.MaxWaiting(2))
	many := make([]string, locks.MaxNames+1)
	for i := range many {
		many[i] = strings.Repeat("n", i+1)
	}
	for _, names := range [][]string{nil, {""}, {"a", "a"}, {"\xff"}, {strings.Repeat("x", locks.MaxNameBytes+1)}, many} {
		if _, err := m.Acquire(t.Context(), names...); !errors.Is(err, locks.ErrNames) {
			t.Errorf("%d names: %v", len(names), err)
		}
	}
	held := acquire(t, m, many[:locks.MaxNames]...)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	for range 2 {
		queued := make(chan struct{}, 10)
		go func() {
			_, err := m.With(locks.Position(func(int) { queued <- struct{}{} })).Acquire(ctx, "n", "other")
			ended <- err
		}()
		<-queued
	}
	if _, err := m.Acquire(t.Context(), "n"); !errors.Is(err, locks.ErrBusy) {
		t.Errorf("a fourth in the queue: %v", err)
	}
	cancel()
	for range 2 {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	release(t, held)
}

func TestReentrant(t *testing.T) {
	t.Parallel()
	m, _ := start(t, bustest.Open(t))
	outer := acquire(t, m, "a")
	ctx := outer.Context(t.Context())
	inner, err := m.Acquire(ctx, "b")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		if _, err := m.Acquire(inner.Context(ctx), name, "c"); !errors.Is(err, locks.ErrReentrant) {
			t.Errorf("%s again: %v", name, err)
		}
	}
	release(t, inner)
	release(t, outer)
	<-ctx.Done()
	if err := context.Cause(ctx); !errors.Is(err, locks.ErrReleased) {
		t.Errorf("the context of a released lease ends with %v", err)
	}
}

func TestNewerFormat(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	m, err := locks.New(b, "test")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- m.Run(t.Context()) }()
	<-m.Ready()
	lease := acquire(t, m, "a")
	for _, junk := range []string{`{"v":1,"kind":"acquire"`, `{"v":1,"kind":"acquire","session":"?","names":["a","a"]}`, `[]`, `{"v":1}`, `{"v":2}`} {
		record := bus.Record{Topic: locks.TopicPrefix + "test", Value: []byte(junk), Headers: bus.Headers{
			{Key: bus.HeaderType, Value: []byte("millrace.locks.entry")},
		}}
		if err := b.Publish(t.Context(), record.Message()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-ended; !errors.Is(err, locks.ErrFormat) {
		t.Errorf("a record of a newer version ends Run with %v", err)
	}
	<-lease.Lost()
	if err := lease.Err(); !errors.Is(err, locks.ErrStopped) || !errors.Is(err, locks.ErrFormat) {
		t.Errorf("the lease was lost with %v", err)
	}
	if _, err := m.Acquire(t.Context(), "b"); !errors.Is(err, locks.ErrStopped) {
		t.Errorf("after Run: %v", err)
	}
}

func TestWrongTopic(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	if err := b.Create(t.Context(), bus.TopicSpec{Name: locks.TopicPrefix + "test", Partitions: 2}); err != nil {
		t.Fatal(err)
	}
	m, err := locks.New(b, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Run(t.Context()); !errors.Is(err, locks.ErrTopic) {
		t.Errorf("a topic of two partitions: %v", err)
	}
}
