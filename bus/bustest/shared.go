package bustest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/millrace/millrace/bus"
)

// lockTime is how long a broker keeps an event for a process that does not answer, unless it is told otherwise.
const lockTime = 30 * time.Second

func (s *suite) sharedQueue() {
	const processes, events = 5, 60 // and 3 partitions
	handle, wait := collect(s)
	all := make(chan struct{})
	var mu sync.Mutex
	running := 0
	together := func(ctx context.Context, n note) error {
		mu.Lock()
		if running++; running == processes {
			close(all)
		}
		mu.Unlock()
		select {
		case <-all:
			return handle(ctx, n)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for range processes {
		s.subscribe(bus.On(s.event, together), bus.Shared(), bus.Concurrency(1), bus.MaxInFlight(1, 1<<20))
	}
	s.publish(s.notes(events, events)...)
	var got []int
	for _, n := range wait(events) {
		got = append(got, n.N)
	}
	slices.Sort(got)
	if got = slices.Compact(got); len(got) != events {
		s.Fatalf("%d of %d events were handled", len(got), events)
	}
}

func (s *suite) sharedStart() {
	s.publish(s.notes(3, 3)...)
	handle, wait := collect(s)
	stop := s.subscribe(bus.On(s.event, handle), bus.Shared())
	wait(3)
	stop()
	s.publish(s.event.New(note{Key: "after", N: 1000}))
	again, waitAgain := collect(s)
	s.subscribe(bus.On(s.event, again), bus.Shared())
	if got := waitAgain(1); got[0].N != 1000 {
		s.Fatalf("event %d was delivered again after it was accepted", got[0].N)
	}
}

func (s *suite) sharedFailures() {
	handle, wait := collect(s)
	tries := make(map[int]int)
	var mu sync.Mutex
	stop := s.subscribe(bus.Shared(), bus.On(s.event, func(ctx context.Context, n note) error {
		mu.Lock()
		defer mu.Unlock()
		tries[n.N]++
		// 0 fails once, 1 until it comes through the retry topic, 2 always.
		if n.N == 0 && tries[0] < 2 || n.N == 1 && tries[1] < 3 || n.N == 2 {
			return errRefused
		}
		return handle(ctx, n)
	}, quick(2), bus.RetryLater(50*time.Millisecond)))
	broken := bus.Record{
		Topic: s.event.Contract().Topic(), Value: []byte("{"),
		Headers: bus.Headers{{Key: bus.HeaderType, Value: []byte(s.event.Contract().Name())}},
	}
	s.publish(broken.Message())
	s.publish(s.notes(4, 4)...)
	wait(3)
	for len(s.letters()) < 2 && s.ctx.Err() == nil { // each look reads the topic to its end
	}
	stop()
	for _, letter := range s.letters() {
		if letter.Record.Topic != s.event.Contract().Topic() {
			s.Errorf("a dead letter came from %s", letter.Record.Topic)
		}
		switch got, err := s.event.Decode(letter.Record); letter.Reason {
		case bus.ReasonExhausted:
			if err != nil || got.N != 2 || letter.Attempts != 4 {
				s.Errorf("dead letter %+v after %d attempts, %v", got, letter.Attempts, err)
			}
		case bus.ReasonUndecodable:
		default:
			s.Errorf("a dead letter is %s", letter.Reason)
		}
	}
}

func (s *suite) sharedOnce() {
	handle, wait := collect(s)
	s.subscribe(bus.Shared(), bus.On(s.event, handle, bus.Once(NewDeduper())))
	same := s.event.New(note{Key: "k", N: 1})
	s.publish(same, same, same, s.event.New(note{Key: "k", N: 2}))
	if got := wait(2); got[0].N+got[1].N != 3 {
		s.Fatalf("handled %+v", got)
	}
}

// sharedStops stops a process in the middle of an event so often that the broker would drop it.
func (s *suite) sharedStops() {
	s.publish(s.event.New(note{Key: "k", N: 7}))
	for range 6 {
		begun := make(chan struct{}, 10)
		stop := s.subscribe(bus.Shared(), bus.DrainTimeout(time.Millisecond),
			bus.On(s.event, func(ctx context.Context, _ note) error {
				begun <- struct{}{}
				<-ctx.Done()
				return ctx.Err()
			}))
		select {
		case <-begun:
		case <-s.ctx.Done():
			s.Fatal("the event is not delivered any more")
		}
		stop()
	}
	handle, wait := collect(s)
	s.subscribe(bus.Shared(), bus.On(s.event, handle))
	wait(1)
}

// sharedLag has an event retried, so that the group of the retry topic, which is not shared, commits.
func (s *suite) sharedLag() {
	handle, wait := collect(s)
	stop := s.subscribe(bus.Shared(), bus.On(s.event, func(ctx context.Context, n note) error {
		if d, _ := bus.DeliveredFrom(ctx); d.Attempt == 1 && n.N == 0 {
			return errRefused
		}
		return handle(ctx, n)
	}, quick(1), bus.RetryLater(50*time.Millisecond)))
	s.publish(s.notes(10, 10)...)
	wait(10)
	stop()
	s.publish(s.notes(7, 7)...)
	lags, err := s.bus.Lag(s.ctx, s.group(), s.group()+".retry")
	if err != nil || len(lags) != 2 || lags[0].Group != s.group() || lags[0].Total() != 7 {
		s.Fatalf("lag is %+v, %v", lags, err)
	}
	if all, err := s.bus.Lag(s.ctx); err != nil || len(all) < 2 {
		s.Fatalf("lag of all is %+v, %v", all, err)
	}
}

// sharedDrain stops a process that holds more than it can handle; the other gets what it had not begun.
func (s *suite) sharedDrain() {
	const n = 40
	release := make(chan struct{})
	handle, wait := collect(s)
	held := make(chan struct{}, n)
	stop := s.subscribe(bus.Shared(), bus.Concurrency(2), bus.On(s.event, func(ctx context.Context, n note) error {
		held <- struct{}{}
		<-release
		return handle(ctx, n)
	}))
	s.publish(s.notes(n, n)...)
	<-held
	<-held
	began := time.Now()
	var stopping sync.WaitGroup
	stopping.Go(stop)
	close(release)
	stopping.Wait()
	s.subscribe(bus.Shared(), bus.On(s.event, handle))
	seen := make(map[int]int)
	for _, got := range wait(n) {
		if seen[got.N]++; seen[got.N] > 1 {
			s.Errorf("event %d was handled twice", got.N)
		}
	}
	if took := time.Since(began); took > lockTime-5*time.Second {
		s.Errorf("it took %s: the events were not given back", took)
	}
}
