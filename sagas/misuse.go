package sagas

import (
	"fmt"
	"runtime"
)

// Reasons why a Saga must not be used, apart from what it waits for.
const (
	forked Kind = "branches"
	idle   Kind = "idle"
)

// living ends the goroutine when the run has been given up, or the Saga must not be used now.
func (s *Saga) living() {
	if busy := s.busy.Load(); busy != nil {
		s.run.misuse(busy)
	}
	s.run.living()
	if text := s.run.misused.Load(); text != nil {
		s.abort(*text)
	}
}

// begin lets the Saga wait for something, until [Saga.end].
func (s *Saga) begin(o *op) {
	s.living()
	if !s.busy.CompareAndSwap(nil, o) {
		s.run.misuse(s.busy.Load())
	}
}

func (s *Saga) end() { s.busy.Store(nil) }

// misuse ends a goroutine that uses a Saga which waits for something. It may be a step's, so that what is the run's is left alone.
func (r *run) misuse(busy *op) {
	var text string
	switch {
	case busy == nil, busy.kind == idle:
		text = "a Saga is used that belongs to a flow or a branch which does not go on: a branch must use the Saga that it is given, " +
			"and no Saga may be used after its function has returned"
	case busy.kind == forked:
		text = fmt.Sprintf("at %s the flow waits for its branches, and its Saga is used meanwhile: a branch must use the Saga that it is given, "+
			"and a step none", busy.at)
	default:
		text = fmt.Sprintf("at %s the flow waits for %s, and its Saga is used meanwhile: a step must not use it, nor another goroutine; "+
			"let the flow ask before the step or after it", busy.at, title(busy.kind, busy.name))
	}
	r.misused.CompareAndSwap(nil, &text)
	runtime.Goexit()
}

// left says why a goroutine has ended whose function has not returned.
func (r *run) left(who string) string {
	if text := r.misused.Load(); text != nil {
		return *text
	}
	return who + " has ended its goroutine"
}
