package locks

import "time"

// state is the fold of the log up to an offset. It is the same in every process that has folded as far.
type state struct {
	next     int64 // the offset after the last record that was folded
	sessions map[string]*session
	queues   map[string][]*request // by name, in log order; the first of each has the name
	digest   uint64                // of sessions and requests, whatever their order
	recent   recent
	parts    parts
	since    int // records since the newest whole snapshot
}

// session is a process's life in the log. What it asks for ends with it.
type session struct {
	id, owner string
	lease     time.Duration
	seen      int64 // its newest record
	last      int64 // the number of its newest request
	requests  map[int64]*request
	heard     time.Time // when this process folded its newest record, by this process's clock
	tried     time.Time // when this process last wrote that it has expired
	expiry    *posting  // and what it wrote
}

// request is one acquire. It holds its names once it is the first on all of them.
type request struct {
	session *session
	number  int64
	token   int64 // its offset
	names   []string
	first   int // on how many names it is the first
}

func (r *request) held() bool { return r.first == len(r.names) }

// verdict is what the fold says to a record.
type verdict int8

const (
	taken   verdict = iota
	unknown         // of a session that is not open
	stale           // told before, or overtaken
	full            // too many requests are ahead
)

// effects are what one record did.
type effects struct {
	verdict verdict
	granted []*request // hold their names from now on
	ended   []*request // are no longer in any queue
	whole   []*snapshot
}

func newState(next int64) *state {
	return &state{next: next, sessions: make(map[string]*session), queues: make(map[string][]*request)}
}

// apply folds the record at an offset. now is this process's clock, which decides nothing here.
func (s *state) apply(offset int64, now time.Time, e entry) effects {
	if offset < s.next {
		return effects{verdict: stale}
	}
	s.next = offset + 1
	s.since++
	done := s.fold(offset, now, e)
	s.recent.note(s.next, s.digest)
	return done
}

func (s *state) fold(offset int64, now time.Time, e entry) effects {
	switch e.Kind {
	case kindAsk:
		return effects{}
	case kindSnapshot:
		whole := s.parts.add(e.Snapshot)
		if whole != nil {
			s.since = 0
		}
		return effects{whole: whole}
	case kindOpen:
		if lease := time.Duration(e.Lease); s.sessions[e.Session] == nil && lease >= MinLease && lease <= MaxLease {
			opened := &session{
				id: e.Session, owner: e.Owner, lease: lease, requests: make(map[int64]*request),
			}
			s.sessions[e.Session] = opened
			s.digest ^= opened.sum()
		}
	default: // of a session that is open already
	}
	of := s.sessions[e.Session]
	if of == nil {
		return effects{verdict: unknown}
	}
	switch e.Kind {
	case kindExpire:
		if e.Seen != of.seen {
			return effects{verdict: stale} // it lived when this was written
		}
		return s.end(of)
	case kindClose:
		return s.end(of)
	default: // a sign of life
	}
	s.digest ^= of.sum()
	defer func() { s.digest ^= of.sum() }()
	of.seen, of.heard = offset, now
	switch e.Kind {
	case kindAcquire:
		return s.acquire(of, offset, e)
	case kindRelease:
		if r := of.requests[e.Request]; r != nil {
			return s.remove(r)
		}
		return effects{verdict: stale}
	default:
		return effects{}
	}
}

func (s *state) acquire(of *session, offset int64, e entry) effects {
	if e.Request <= of.last || check(e.Names) != nil {
		return effects{verdict: stale}
	}
	of.last = e.Request
	for _, name := range e.Names {
		if len(s.queues[name]) > e.Ahead {
			return effects{verdict: full}
		}
	}
	r := &request{session: of, number: e.Request, token: offset, names: e.Names}
	s.enqueue(r)
	if r.held() {
		return effects{granted: []*request{r}}
	}
	return effects{}
}

// end removes a session and all that it asked for.
func (s *state) end(of *session) effects {
	gone := make([]*request, 0, len(of.requests))
	for _, r := range of.requests {
		gone = append(gone, r)
	}
	done := s.remove(gone...)
	s.digest ^= of.sum()
	delete(s.sessions, of.id)
	return done
}
