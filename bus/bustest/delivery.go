package bustest

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

func (s *suite) keyOrder() {
	const n = 2000
	handle, wait := collect(s)
	s.subscribe(bus.On(s.event, handle))
	s.publish(s.notes(n, 17)...)
	last := make(map[string]int)
	for _, got := range wait(n) {
		if before, ok := last[got.Key]; ok && got.N <= before {
			s.Fatalf("key %s: %d came after %d", got.Key, got.N, before)
		}
		last[got.Key] = got.N
	}
}

func (s *suite) slowKey() {
	release := make(chan struct{})
	handle, wait := collect(s)
	s.subscribe(bus.On(s.event, func(ctx context.Context, n note) error {
		if n.Key == "0" {
			select {
			case <-release:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return handle(ctx, n)
	}))
	s.publish(s.notes(90, 9)...)
	for _, got := range wait(80) {
		if got.Key == "0" {
			s.Fatal("the slow key was not held")
		}
	}
	close(release)
	wait(90)
}

func (s *suite) restart() {
	handle, wait := collect(s)
	stop := s.subscribe(bus.On(s.event, handle))
	s.publish(s.notes(50, 5)...)
	wait(50)
	stop()
	s.publish(s.event.New(note{Key: "after", N: 1000}))
	again, waitAgain := collect(s)
	s.subscribe(bus.On(s.event, again))
	if got := waitAgain(1); got[0].N != 1000 {
		s.Fatalf("event %d was delivered again after it was committed", got[0].N)
	}
}

func (s *suite) rebalance() {
	const half = 500
	handle, wait := collect(s)
	stop := s.subscribe(bus.On(s.event, handle))
	s.publish(s.notes(half, 30)...)
	s.subscribe(bus.On(s.event, handle))
	wait(half / 2)
	stop()
	s.publish(s.notes(half, 30)...)
	twice := func(all []note) bool {
		seen := make(map[int]int)
		for _, got := range all {
			seen[got.N]++
		}
		for i := range half {
			if seen[i] < 2 {
				return false
			}
		}
		return true
	}
	for n := 2 * half; !twice(wait(n)); n++ {
		s.Logf("an event was delivered again, as a rebalance may do")
	}
}

func (s *suite) broadcast() {
	first, waitFirst := collect(s)
	second, waitSecond := collect(s)
	s.subscribe(bus.On(s.event, first), bus.Broadcast())
	s.subscribe(bus.On(s.event, second), bus.Broadcast())
	// A broadcast begins at the end, so the first events may come before both have begun.
	for n := 0; ; n++ {
		s.publish(s.event.New(note{Key: "k", N: n}))
		if len(waitFirst(0)) > 3 && len(waitSecond(0)) > 3 {
			break
		}
	}
}

func (s *suite) sharedTopic() {
	other := bus.Define("conformance.a"+s.id+".erased", note.key)
	handle, wait := collect(s)
	s.subscribe(bus.On(other, handle))
	s.publish(s.event.New(note{N: 1}), other.New(note{N: 2}), s.event.New(note{N: 3}))
	if got := wait(1); got[0].N != 2 {
		s.Fatalf("the handler got %+v", got)
	}
}

func (s *suite) tail() {
	broken := bus.Record{
		Topic: s.event.Contract().Topic(), Key: []byte("k"), Value: []byte("{"),
		Headers: bus.Headers{{Key: bus.HeaderType, Value: []byte(s.event.Contract().Name())}},
	}
	s.publish(s.event.New(note{Key: "k", N: 1}))
	s.publish(broken.Message())
	s.publish(s.event.New(note{Key: "k", N: 3}))
	var seen, failed int
	for got, err := range bus.Tail(s.ctx, s.bus, s.event, bus.Earliest, bus.UntilEnd()) {
		switch {
		case errors.Is(err, bus.ErrDecode):
			failed++
		case err != nil:
			s.Fatal(err)
		default:
			seen += got.Value.N
		}
	}
	if seen != 4 || failed != 1 {
		s.Fatalf("tail saw %d and %d failures", seen, failed)
	}
}

func (s *suite) request() {
	var tenant atomic.Value
	handle, wait := collect(s)
	s.subscribe(bus.On(s.event, func(ctx context.Context, n note) error {
		tenant.Store(request.From(ctx).Tenant)
		return handle(ctx, n)
	}))
	ctx := request.With(s.ctx, request.Info{Tenant: "acme", ID: "r1"})
	if err := s.bus.Publish(ctx, s.event.New(note{Key: "k"})).Err(); err != nil {
		s.Fatal(err)
	}
	wait(1)
	if tenant.Load() != request.Tenant("acme") {
		s.Fatalf("the handler saw tenant %v", tenant.Load())
	}
}

func (s *suite) lag() {
	handle, wait := collect(s)
	stop := s.subscribe(bus.On(s.event, handle))
	s.publish(s.notes(10, 10)...)
	wait(10)
	stop()
	s.publish(s.notes(7, 7)...)
	lags, err := s.bus.Lag(s.ctx, s.group())
	if err != nil || len(lags) != 1 || lags[0].Total() != 7 {
		s.Fatalf("lag is %+v, %v", lags, err)
	}
}

func (s *suite) missingTopic() {
	nowhere := bus.Define("conformance.gone"+s.id+".noted", note.key)
	handle, _ := collect(s)
	err := s.bus.Subscribe(s.ctx, s.group(), bus.On(nowhere, handle))
	if !errors.Is(err, bus.ErrNoTopic) {
		s.Fatalf("subscribe ended with %v", err)
	}
}
