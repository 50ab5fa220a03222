package locks

import (
	"cmp"
	"slices"
)

// enqueue puts a request at the end of all its queues at once. A request waits only for older ones, so none waits in a
// circle.
func (s *state) enqueue(r *request) {
	for _, name := range r.names {
		queue := append(s.queues[name], r)
		s.queues[name] = queue
		if len(queue) == 1 {
			r.first++
		}
	}
	r.session.requests[r.number] = r
	s.digest ^= r.sum()
}

// remove takes requests out of their queues, and says who holds its names because of it.
func (s *state) remove(gone ...*request) effects {
	byToken := func(a, b *request) int { return cmp.Compare(a.token, b.token) }
	slices.SortFunc(gone, byToken)
	var heads []*request
	for _, r := range gone {
		for _, name := range r.names {
			queue := s.queues[name]
			at := slices.Index(queue, r)
			queue = slices.Delete(queue, at, at+1)
			s.queues[name] = queue
			switch {
			case len(queue) == 0:
				delete(s.queues, name)
			case at == 0:
				queue[0].first++
				heads = append(heads, queue[0])
			}
		}
		delete(r.session.requests, r.number)
		s.digest ^= r.sum()
	}
	done := effects{ended: gone}
	slices.SortFunc(heads, byToken)
	for _, r := range slices.Compact(heads) {
		if r.held() && r.session.requests[r.number] == r {
			done.granted = append(done.granted, r)
		}
	}
	return done
}

// ahead is how many requests are before r on the name where most are.
func (s *state) ahead(r *request) int {
	most := 0
	for _, name := range r.names {
		most = max(most, slices.Index(s.queues[name], r))
	}
	return most
}
