package admin

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/millrace/millrace/request"
)

const (
	// readLimit bounds one reading of a section.
	readLimit = 30 * time.Second
	// share is how much longer a section rests than it takes to read it.
	share = 9
	// patience is how long a viewer waits for a reading before it is shown what was read before, with its time.
	patience = time.Second
)

// source reads a section for all who ask: one at a time, and not before it has rested. Nobody waits for a lock while it is read.
type source struct {
	served

	log func(ctx context.Context, what string, args ...any)

	mu     sync.Mutex
	last   *snapshot
	open   *reading // nil unless it is read
	turns  int      // how often something was done with a row
	seen   int      // turns, when the last reading began
	closed bool
}

// reading is one that is under way.
type reading struct {
	turns   int
	cancel  context.CancelFunc
	done    chan struct{}
	taken   *snapshot // when it is done; nil where it was given up
	waiting int
	lasting bool // it goes on without anybody who waits, for those who were shown what is older
}

func newSource(of served, log func(context.Context, string, ...any)) *source {
	return &source{served: of, log: log}
}

// rest is how long a snapshot serves.
func (s *source) rest(last *snapshot) time.Duration { return max(s.about().every, share*last.took) }

// now is a snapshot that is not older than the section's rest, or, where reading takes long, the one before. The error is that of ctx.
func (s *source) now(ctx context.Context) (*snapshot, error) { return s.wait(ctx, patience) }

// latest is as now, and waits for what is new.
func (s *source) latest(ctx context.Context) (*snapshot, error) { return s.wait(ctx, readLimit) }

func (s *source) wait(ctx context.Context, most time.Duration) (*snapshot, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.mu.Lock()
		if s.last != nil && s.seen == s.turns && time.Since(s.last.at) < s.rest(s.last) {
			defer s.mu.Unlock()
			return s.last, nil
		}
		open, last := s.join(ctx), s.last
		s.mu.Unlock()
		if taken, err := s.await(ctx, open, last, most); taken != nil || err != nil {
			return taken, err
		}
	}
}

// before is what was read last, however long ago, or nil.
func (s *source) before() *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// anew is a snapshot of which the reading begins after the call: by it is judged what may be done.
func (s *source) anew(ctx context.Context) (*snapshot, error) {
	s.mu.Lock()
	before := s.open
	s.mu.Unlock()
	if before != nil {
		select {
		case <-before.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	for {
		s.mu.Lock()
		open := s.join(ctx)
		s.mu.Unlock()
		if taken, err := s.await(ctx, open, nil, readLimit); taken != nil || err != nil {
			return taken, err
		}
	}
}

// await waits for a reading; where it takes longer than most, and there is one, it returns the snapshot before. It returns nothing where the reading
// was given up.
func (s *source) await(ctx context.Context, open *reading, last *snapshot, most time.Duration) (*snapshot, error) {
	late := time.NewTimer(most)
	defer late.Stop()
	impatient := late.C
	if last == nil {
		impatient = nil
	}
	select {
	case <-open.done:
		return open.taken, ctx.Err()
	case <-impatient:
		s.leave(open, true)
		return last, nil
	case <-ctx.Done():
		s.leave(open, false)
		return nil, ctx.Err()
	}
}

// leave ends a reading that nobody waits for.
func (s *source) leave(open *reading, lasting bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	open.waiting--
	open.lasting = open.lasting || lasting
	if open.waiting == 0 && !open.lasting {
		open.cancel()
	}
}

// join begins a reading unless there is one. It is called with the lock held.
func (s *source) join(ctx context.Context) *reading {
	if s.open == nil {
		forAll := request.With(context.WithoutCancel(ctx), request.Info{}) // whoever asks
		limited, cancel := context.WithTimeout(forAll, readLimit)
		open := &reading{turns: s.turns, cancel: cancel, done: make(chan struct{})}
		s.open = open
		if s.closed {
			cancel()
		}
		go func() {
			defer cancel()
			s.end(limited, open, s.safely(limited))
		}()
	}
	s.open.waiting++
	return s.open
}

// end keeps what was read, unless it was given up.
func (s *source) end(ctx context.Context, open *reading, taken *snapshot) {
	if taken.err != nil && ctx.Err() == nil {
		s.log(ctx, "httpapi: a section of the console could not be read", "section", s.about().Name, "error", taken.err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(open.done)
	s.open = nil
	if context.Cause(ctx) == context.Canceled && !s.closed { //nolint:errorlint // nobody waits any more
		return
	}
	open.taken, s.last, s.seen = taken, taken, open.turns
}

// touch lets the next one who asks read again, since something was done with a row.
func (s *source) touch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turns++
}

// close ends what is read.
func (s *source) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.open != nil {
		s.open.cancel()
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
