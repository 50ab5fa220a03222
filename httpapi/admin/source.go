package admin

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/millrace/millrace/request"
)

// readLimit bounds one reading of a section.
const readLimit = 30 * time.Second

// share is how much longer a section rests than it takes to read it.
const share = 9

// source reads a section for all who ask: one at a time, and not before it has rested.
type source struct {
	served

	turn chan struct{} // held by who reads
	last *snapshot
	// touched are rows with which something was done since.
	touched map[string]bool
	log     func(ctx context.Context, what string, args ...any)
}

func newSource(of served, log func(context.Context, string, ...any)) *source {
	return &source{served: of, turn: make(chan struct{}, 1), touched: map[string]bool{}, log: log}
}

// rest is how long a snapshot serves.
func (s *source) rest(last *snapshot) time.Duration { return max(s.about().every, share*last.took) }

// known is how old a snapshot may be by which it is decided whether there is a row.
const known = 30 * time.Second

// recent is a snapshot that may be older than what was done since with other rows.
func (s *source) recent(ctx context.Context, id string) (*snapshot, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	last, touched := s.last, s.touched[id]
	<-s.turn
	if last != nil && !touched && time.Since(last.at) < known {
		return last, nil
	}
	return s.now(ctx)
}

// now is a snapshot that is not older than the section's rest. The error is that of ctx.
func (s *source) now(ctx context.Context) (*snapshot, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.turn }()
	if s.last != nil && len(s.touched) == 0 && time.Since(s.last.at) < s.rest(s.last) {
		return s.last, nil
	}
	limited, cancel := context.WithTimeout(request.With(ctx, request.Info{}), readLimit) // it is read for all, whoever asks
	defer cancel()
	taken := s.safely(limited)
	if ctx.Err() != nil {
		return nil, ctx.Err() // what was read is of no use, and nobody waits for it
	}
	if taken.err != nil {
		s.log(ctx, "httpapi: a section of the console could not be read", "section", s.about().Name, "error", taken.err)
	}
	s.last = taken
	clear(s.touched)
	return taken, nil
}

// touch lets the next one who asks read again, since something was done with a row.
func (s *source) touch(ctx context.Context, id string) {
	select {
	case s.turn <- struct{}{}:
		s.touched[id] = true
		<-s.turn
	case <-ctx.Done():
	}
}

// safely reads, and takes a panic for an error: a poller has nobody who would answer for it.
func (s *source) safely(ctx context.Context) (taken *snapshot) {
	defer func() {
		if failure := recover(); failure != nil {
			s.log(ctx, "httpapi: a section of the console panicked", "section", s.about().Name, "panic", fmt.Sprint(failure),
				"stack", string(debug.Stack()))
			taken = &snapshot{at: time.Now(), err: errPanicked}
		}
	}()
	return s.read(ctx)
}
