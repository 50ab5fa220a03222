package admin

import (
	"sync"
	"time"

	"github.com/millrace/millrace/request"
)

const (
	countedFor     = time.Minute
	mostPrincipals = 1000
)

// asker is a principal of a tenant, or of none.
type asker struct {
	tenant    request.Tenant
	principal request.Principal
}

// others stands for principals that are too many to be counted.
const others request.Principal = "(others)"

// minutes count what each asker does within a minute that begins with the first. Askers beyond the most that are counted have one together.
type minutes struct {
	mu    sync.Mutex
	of    map[asker]minute
	swept time.Time
}

// minute is an asker's.
type minute struct {
	who   asker
	began time.Time
	count int
}

func (m minute) over(now time.Time) bool { return now.Sub(m.began) >= countedFor }

// count counts one more, and says in which minute of the asker it is, and which minutes are over.
func (m *minutes) count(who asker, now time.Time) (in minute, over []minute) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil || now.Sub(m.swept) >= countedFor {
		over = m.sweep(now)
	}
	if _, counted := m.of[who]; !counted && len(m.of) >= mostPrincipals {
		who = asker{principal: others}
	}
	in, counted := m.of[who]
	if counted && in.over(now) {
		over, counted = append(over, in), false
	}
	if !counted {
		in = minute{who: who, began: now}
	}
	in.count++
	m.of[who] = in
	return in, over
}

// sweep forgets the minutes that are over. It is called with the lock held.
func (m *minutes) sweep(now time.Time) (over []minute) {
	if m.of == nil {
		m.of = map[asker]minute{}
	}
	m.swept = now
	for who, in := range m.of {
		if in.over(now) {
			over = append(over, in)
			delete(m.of, who)
		}
	}
	return over
}

// rest forgets all minutes.
func (m *minutes) rest() (all []minute) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, in := range m.of {
		all = append(all, in)
	}
	m.of = nil
	return all
}
