package locks

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// snapshot is a part of the fold of everything before the offset Upto. Its record stands behind that offset, with
// others between them.
type snapshot struct {
	ID       string        `json:"id"`
	Upto     int64         `json:"upto"`
	Digest   int64         `json:"digest"`
	Part     int           `json:"part"`
	Parts    int           `json:"parts"`
	Sessions []keptSession `json:"sessions,omitempty"`
	Requests []keptRequest `json:"requests,omitempty"`
}

type keptSession struct {
	ID    string `json:"id"`
	Owner string `json:"owner,omitempty"`
	Lease int64  `json:"lease"`
	Seen  int64  `json:"seen"`
	Last  int64  `json:"last"`
}

type keptRequest struct {
	Session string   `json:"session"`
	Number  int64    `json:"number"`
	Token   int64    `json:"token"`
	Names   []string `json:"names"`
}

// partBytes is about what one record of a snapshot takes at most.
const partBytes = 128 << 10

// snapshot writes the state down, in parts.
func (s *state) snapshot(id string) []*snapshot {
	part := &snapshot{}
	written, size := []*snapshot{part}, 0
	grow := func(by int) {
		if size += by; size > partBytes {
			part, size = &snapshot{}, by
			written = append(written, part)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.sessions)) {
		of := s.sessions[id]
		grow(len(id) + len(of.owner) + 100)
		part.Sessions = append(part.Sessions, keptSession{id, of.owner, int64(of.lease), of.seen, of.last})
	}
	for _, r := range s.requests() {
		size := 100 + len(r.session.id)
		for _, name := range r.names {
			size += len(name) + 3
		}
		grow(size)
		part.Requests = append(part.Requests, keptRequest{r.session.id, r.number, r.token, r.names})
	}
	for i, part := range written {
		part.ID, part.Upto, part.Digest = id, s.next, int64(s.digest) //nolint:gosec // bits
		part.Part, part.Parts = i, len(written)
	}
	return written
}

// requests are all requests in log order.
func (s *state) requests() []*request {
	var all []*request
	for _, of := range s.sessions {
		all = slices.AppendSeq(all, maps.Values(of.requests))
	}
	slices.SortFunc(all, func(a, b *request) int { return cmp.Compare(a.token, b.token) })
	return all
}

// restore builds the state that a whole snapshot says.
func restore(whole []*snapshot, now time.Time) (*state, error) {
	s := newState(whole[0].Upto)
	for _, part := range whole {
		for _, kept := range part.Sessions {
			of := &session{
				id: kept.ID, owner: kept.Owner, lease: time.Duration(kept.Lease), seen: kept.Seen, last: kept.Last,
				requests: make(map[int64]*request), heard: now,
			}
			s.sessions[of.id] = of
			s.digest ^= of.sum()
		}
	}
	for _, part := range whole {
		for _, kept := range part.Requests {
			of := s.sessions[kept.Session]
			if of == nil || check(kept.Names) != nil {
				return nil, errors.New("a request without a session or with wrong names")
			}
			s.enqueue(&request{session: of, number: kept.Number, token: kept.Token, names: kept.Names})
		}
	}
	if int64(s.digest) != whole[0].Digest { //nolint:gosec // bits
		return nil, fmt.Errorf("its digest is %x and not %x", s.digest, whole[0].Digest)
	}
	s.recent.note(s.next, s.digest)
	return s, nil
}

// parts collects snapshots until they are whole.
type parts struct {
	open map[string][]*snapshot
}

const openSnapshots = 16

// add returns all parts of a snapshot when the last one has come, in order.
func (p *parts) add(part *snapshot) []*snapshot {
	if part == nil || part.Parts < 1 || part.Part < 0 || part.Part >= part.Parts {
		return nil
	}
	if p.open == nil || len(p.open) > openSnapshots { // those whose writer died
		p.open = make(map[string][]*snapshot)
	}
	known := p.open[part.ID]
	if known == nil {
		known = make([]*snapshot, part.Parts)
		p.open[part.ID] = known
	}
	if len(known) != part.Parts {
		return nil
	}
	known[part.Part] = part
	if slices.Contains(known, nil) {
		return nil
	}
	delete(p.open, part.ID)
	return known
}
