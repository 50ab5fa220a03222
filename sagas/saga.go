package sagas

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// Saga is a flow's way to do things. It belongs to the flow's goroutine.
type Saga struct {
	run    *run
	parent *Saga
	racing bool // against other branches
	lost   bool // another branch has won
	over   bool // it was ended: see endure
	told   int  // how often it was told that it is cancelled or has lost
	path   string
	next   int
	rand   uint64
	tokens int
	now    time.Time
	busy   atomic.Pointer[op] // what it waits for, or why it must not be used
}

// ID is the saga's id.
func (s *Saga) ID() string {
	_, id := parseKey(s.run.key)
	return id
}

// Tenant is whose saga it is.
func (s *Saga) Tenant() request.Tenant {
	tenant, _ := parseKey(s.run.key)
	return tenant
}

// Now is when that came to its end which the flow has waited for last, by the clock of the shard's owner; or when the saga was
// started, or has begun anew. It is the same when the flow is played again, which [time.Now] is not.
func (s *Saga) Now() time.Time { return s.now }

// Rand makes a source of random numbers that are the same when the flow is played again, and others once it begins anew. They can
// be guessed.
func (s *Saga) Rand() *rand.Rand {
	s.living()
	hash, h := fnv.New64a(), &s.run.head
	_, _ = fmt.Fprint(hash, s.run.key, h.Started.UnixNano(), s.path)
	if !h.Began.IsZero() {
		_, _ = fmt.Fprint(hash, "/", h.Run, "/", h.Began.UnixNano())
	}
	s.rand++
	return rand.New(rand.NewPCG(hash.Sum64(), s.rand)) //nolint:gosec // said
}

// op is something that a flow asks for.
type op struct {
	at   string
	kind Kind
	name string
	settings
	attempt func(context.Context) (json.RawMessage, error) // of steps and undos
	in, out func() any                                     // what these are given
	given   string                                         // its digest
	signal  string                                         // that is awaited
	of      string                                         // the saga that is called
	message func(parent) bus.Message                       // that calls it
	after   time.Duration                                  // of sleeps and awaits
	wake    chan Entry

	saga       *Saga
	performing bool
	panicked   bool
	tried      wait
}

// call asks for something and waits for what comes of it: from the journal, or from the world.
func (s *Saga) call(o *op) Entry {
	o.at, o.saga = s.path+strconv.Itoa(s.next+1), s
	s.begin(o)
	s.next++
	s.run.reached.Store(o)
	e, met := s.run.journal[o.at]
	switch {
	case met:
		s.fits(e, o)
		delete(s.run.journal, o.at)
	case s.hasLost() && !s.run.mayHave(o):
		e = lost(o, s.now)
		s.run.noted = append(s.run.noted, e)
	default:
		s.fitsWait(o)
		e = s.run.wait(o)
	}
	if e.Failed != nil && e.Failed.Kind == FailedCancelled {
		s.run.told = true
	}
	if when := plainTime(e.When); when.After(s.now) {
		s.now = when
	}
	s.end()
	s.endure(e)
	return e
}

// maxTold is how often a flow or a branch may go on after it was told that it is cancelled or has lost. Then it is ended, since it
// might go on for ever.
const maxTold = 100

func (s *Saga) endure(e Entry) {
	if e.Failed == nil || e.Failed.Kind != FailedCancelled && e.Failed.Kind != FailedLost {
		return
	}
	if s.told++; s.told > maxTold {
		s.over = true
		runtime.Goexit()
	}
}

// plainTime is a time as it comes from the journal.
func plainTime(t time.Time) time.Time { return t.UTC().Round(0) }

// mayHave says of a step without an entry whether it may have happened.
func (r *run) mayHave(o *op) bool {
	_, tried := r.tries[o.at]
	return o.kind == KindStep && (r.recovering || tried)
}
