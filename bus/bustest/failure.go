package bustest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

var errRefused = errors.New("refused by the test")

func quick(attempts int) bus.HandlerOption {
	return bus.Retry(resilience.RetryPolicy{Attempts: attempts, Initial: time.Millisecond, Max: time.Millisecond, Multiplier: 1})
}

func (s *suite) retryInPlace() {
	handle, wait := collect(s)
	tries := make(map[int]int)
	var mu sync.Mutex
	s.subscribe(bus.On(s.event, func(ctx context.Context, n note) error {
		mu.Lock()
		tries[n.N]++
		tried := tries[n.N]
		mu.Unlock()
		if n.N == 1 && tried < 3 {
			panic("not yet")
		}
		return handle(ctx, n)
	}, quick(3)))
	s.publish(s.notes(3, 1)...)
	for i, got := range wait(3) {
		if got.N != i {
			s.Fatalf("the order is broken at %d: %d", i, got.N)
		}
	}
}

func (s *suite) retryLater() {
	handle, wait := collect(s)
	s.subscribe(bus.On(s.event, func(ctx context.Context, n note) error {
		if d, _ := bus.DeliveredFrom(ctx); d.Attempt < 3 && n.N == 0 {
			return errRefused
		}
		return handle(ctx, n)
	}, quick(1), bus.RetryLater(50*time.Millisecond, 50*time.Millisecond)))
	s.publish(s.notes(2, 1)...)
	var order []int
	for _, got := range wait(2) {
		order = append(order, got.N)
	}
	if !slices.Equal(order, []int{1, 0}) {
		s.Fatalf("events came as %v", order)
	}
}

// refuse dead-letters every event of the suite whose number is wanted.
func (s *suite) refuse(numbers ...int) {
	handle, wait := collect(s)
	seen := make(chan struct{}, 1000)
	stop := s.subscribe(bus.On(s.event, func(ctx context.Context, n note) error {
		if err := handle(ctx, n); err != nil {
			return err
		}
		if slices.Contains(numbers, n.N) {
			defer func() { seen <- struct{}{} }()
			return resilience.Permanent(errRefused)
		}
		return nil
	}))
	s.publish(s.notes(10, 2)...)
	wait(10)
	stop()
}

func (s *suite) letters() []bus.DeadLetter {
	s.Helper()
	var letters []bus.DeadLetter
	for letter, err := range s.bus.DeadLetters(s.ctx, s.group()) {
		if err != nil {
			s.Fatal(err)
		}
		letters = append(letters, letter)
	}
	return letters
}

func (s *suite) deadLetter() {
	s.refuse(3, 6)
	letters := s.letters()
	if len(letters) != 2 {
		s.Fatalf("%d dead letters", len(letters))
	}
	for _, letter := range letters {
		got, err := s.event.Decode(letter.Record)
		if err != nil || (got.N != 3 && got.N != 6) {
			s.Errorf("dead letter %+v, %v", got, err)
		}
		if letter.Reason != bus.ReasonPermanent || letter.Attempts != 1 || letter.Record.Topic != s.event.Contract().Topic() {
			s.Errorf("dead letter says %s after %d from %s", letter.Reason, letter.Attempts, letter.Record.Topic)
		}
	}
}

func (s *suite) undecodable() {
	handle, wait := collect(s)
	stop := s.subscribe(bus.On(s.event, handle))
	raw := []byte{0xff, 0, '{'}
	broken := bus.Record{
		Topic: s.event.Contract().Topic(), Key: []byte("k"), Value: raw,
		Headers: bus.Headers{{Key: bus.HeaderType, Value: []byte(s.event.Contract().Name())}, {Key: "x", Value: nil}},
	}
	s.publish(broken.Message())
	s.publish(s.event.New(note{Key: "k", N: 1}))
	wait(1)
	stop()
	letters := s.letters()
	if len(letters) != 1 || letters[0].Reason != bus.ReasonUndecodable || !slices.Equal(letters[0].Record.Value, raw) {
		s.Fatalf("dead letters %+v", letters)
	}
	if headers := letters[0].Record.Headers; len(headers) != 2 || headers[1].Key != "x" || headers[1].Value != nil {
		s.Fatalf("headers %+v", headers)
	}
}

func (s *suite) redriven() {
	s.refuse(2, 4, 5)
	odd := func(d bus.DeadLetter) bool { n, err := s.event.Decode(d.Record); return err == nil && n.N == 5 }
	for _, step := range []struct {
		opts []bus.RedriveOption
		want int
	}{{[]bus.RedriveOption{bus.Where(odd)}, 1}, {nil, 2}, {nil, 0}} {
		if n, err := s.bus.Redrive(s.ctx, s.group(), step.opts...); err != nil || n != step.want {
			s.Fatalf("redrove %d, %v; want %d", n, err, step.want)
		}
	}
	handle, wait := collect(s)
	s.subscribe(bus.On(s.event, handle))
	var got []int
	for _, n := range wait(3) {
		got = append(got, n.N)
	}
	slices.Sort(got)
	if !slices.Equal(got, []int{2, 4, 5}) || len(s.letters()) != 0 {
		s.Fatalf("redriven %v, left %d", got, len(s.letters()))
	}
}

func (s *suite) once() {
	handle, wait := collect(s)
	s.subscribe(bus.On(s.event, handle, bus.Once(NewDeduper())))
	same := s.event.New(note{Key: "k", N: 1})
	s.publish(same, same, same, s.event.New(note{Key: "k", N: 2}))
	if got := wait(2); got[0].N != 1 || got[1].N != 2 {
		s.Fatalf("handled %+v", got)
	}
}
