package admin

import (
	"fmt"
	"sync"
	"time"

	"github.com/millrace/millrace/request"
)

// Bounds of what an audit is told of refused attempts: so many a minute of each principal one by one, and of the others their number. Principals
// beyond the most that are counted share what is left for them.
const (
	refusalWindow  = time.Minute
	mostRefusals   = 20
	mostPrincipals = 1000
)

// refusals counts refused attempts.
type refusals struct {
	mu    sync.Mutex
	of    map[asker]*refused
	swept time.Time
}

// asker is a principal of a tenant, or of none.
type asker struct {
	tenant    request.Tenant
	principal request.Principal
}

// refused is a principal's minute.
type refused struct {
	began   time.Time
	told    int
	omitted int
}

// others stands for principals that are too many to be counted.
const others request.Principal = "(others)"

// count says whether the audit is told of an attempt, whether it is the first of which it is not, and what it is told of those of which it
// was not told.
func (r *refusals) count(who asker, now time.Time) (tell, first bool, omitted []Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.swept) >= refusalWindow {
		omitted = r.sweep(now)
	}
	w := r.of[who]
	if w == nil && len(r.of) >= mostPrincipals {
		who = asker{principal: others}
		w = r.of[who]
	}
	if w == nil {
		if r.of == nil {
			r.of = map[asker]*refused{}
		}
		w = &refused{began: now}
		r.of[who] = w
	}
	if w.told < mostRefusals {
		w.told++
		return true, false, omitted
	}
	w.omitted++
	return false, w.omitted == 1, omitted
}

// sweep forgets the minutes that are over. It is called with the lock held.
func (r *refusals) sweep(now time.Time) (omitted []Entry) {
	r.swept = now
	for who, w := range r.of {
		if now.Sub(w.began) < refusalWindow {
			continue
		}
		if w.omitted > 0 {
			omitted = append(omitted, w.entry(who, now))
		}
		delete(r.of, who)
	}
	return omitted
}

// rest is what the audit was not told of, at the end.
func (r *refusals) rest(now time.Time) (omitted []Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for who, w := range r.of {
		if w.omitted > 0 {
			omitted = append(omitted, w.entry(who, now))
		}
	}
	r.of = nil
	return omitted
}

func (w *refused) entry(who asker, now time.Time) Entry {
	return Entry{
		ID: request.NewID(), At: now, Outcome: OutcomeRefused, Principal: who.principal, Tenant: who.tenant, Omitted: w.omitted,
		Detail: fmt.Sprintf("%d more refused attempts since %s were counted alone", w.omitted, w.began.UTC().Format(time.RFC3339)),
	}
}
