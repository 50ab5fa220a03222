package jobs

import "slices"

// fair chooses whose turn it is among the jobs in a node's memory: each tenant has one turn after the other, and within a tenant the
// flows of its kinds and priorities have turns by their weights.
type fair struct {
	tenants map[string]*tenant
	first   *tenant // of those that have something to do
	last    *tenant
	queued  int
}

type tenant struct {
	name   string
	flows  map[flowOf]*flow
	able   []*flow // that have attempts, and whose kind is not as busy as it may be
	turn   int
	next   *tenant
	listed bool
}

func newFair() fair { return fair{tenants: make(map[string]*tenant)} }

// flow is that of a tenant, a kind and a priority. It is nil where there is none and none is to be made.
func (f *fair) flow(name string, of flowOf, made bool) *flow {
	t := f.tenants[name]
	if t == nil {
		if !made {
			return nil
		}
		t = &tenant{name: name, flows: make(map[flowOf]*flow)}
		f.tenants[name] = t
	}
	l := t.flows[of]
	if l == nil && made {
		l = &flow{flowOf: of, tenant: t, credit: weight(of.priority)}
		t.flows[of] = l
	}
	return l
}

// enter puts an attempt into the memory.
func (f *fair) enter(a *attempt) {
	tenant, _ := parseKey(a.row.key)
	l := f.flow(string(tenant), flowOf{a.kind, a.row.priority}, true)
	a.flow = l
	l.memory++
	a.kind.memory++
	f.push(a)
}

// push lets an attempt of the memory wait for its turn.
func (f *fair) push(a *attempt) {
	l := a.flow
	if l.first == nil {
		l.first = a
	} else {
		l.last.next = a
	}
	l.last = a
	f.queued++
	if a.kind.busy() {
		l.block()
	} else {
		f.enable(l)
	}
}

// leave takes an attempt out of the memory. It is true where its flow has none there any more.
func (f *fair) leave(a *attempt) (empty bool) {
	l := a.flow
	a.kind.memory--
	if l.memory--; l.memory > 0 {
		return false
	}
	l.first, l.last = nil, nil // of attempts that were given up
	if !l.able && !l.waits {
		delete(l.tenant.flows, l.flowOf)
		if len(l.tenant.flows) == 0 && !l.tenant.listed {
			delete(f.tenants, l.tenant.name)
		}
	}
	return true
}

// enable gives a flow its turns.
func (f *fair) enable(l *flow) {
	if l.able || l.waits {
		return
	}
	l.able = true
	l.tenant.able = append(l.tenant.able, l)
	f.list(l.tenant)
}

func (f *fair) list(t *tenant) {
	if t.listed {
		return
	}
	t.listed, t.next = true, nil
	if f.first == nil {
		f.first = t
	} else {
		f.last.next = t
	}
	f.last = t
}

// next is the attempt whose turn it is, or nil.
func (f *fair) next() *attempt {
	for f.first != nil {
		t := f.first
		f.first, t.next, t.listed = t.next, nil, false
		a := f.of(t)
		switch {
		case len(t.able) > 0:
			f.list(t)
		case len(t.flows) == 0:
			delete(f.tenants, t.name)
		}
		if a != nil {
			f.queued--
			return a
		}
	}
	return nil
}

// of is the attempt whose turn it is among a tenant's, or nil.
func (f *fair) of(t *tenant) *attempt {
	for len(t.able) > 0 {
		t.turn %= len(t.able)
		l := t.able[t.turn]
		if a := f.take(l); a != nil {
			if l.credit--; l.credit <= 0 {
				l.credit = weight(l.priority)
				t.turn++
			}
			l.kind.running++
			return a
		}
		t.able = slices.Delete(t.able, t.turn, t.turn+1)
		l.able = false
		switch {
		case l.first != nil:
			l.block()
		case l.memory == 0:
			delete(t.flows, l.flowOf)
		}
		f.unblock(l.kind)
	}
	return nil
}

// take is the flow's next attempt, unless its kind is busy. One whose shard may soon be another node's is put aside.
func (f *fair) take(l *flow) *attempt {
	for l.first != nil && !l.kind.busy() {
		a := l.first
		if l.first = a.next; l.first == nil {
			l.last = nil
		}
		a.next = nil
		switch {
		case a.over:
		case a.desk.leased:
			return a
		default:
			f.queued--
			a.aside = true
			a.desk.aside = append(a.desk.aside, a)
		}
	}
	return nil
}

// unblock gives one of the flows that wait for a kind their turns, where it is less busy.
func (f *fair) unblock(h *hired) {
	if len(h.blocked) == 0 || h.busy() {
		return
	}
	l := h.blocked[0]
	h.blocked, l.waits = h.blocked[1:], false
	f.enable(l)
}

// ended says that an attempt that has begun is over.
func (f *fair) ended(h *hired) {
	h.running--
	f.unblock(h)
}
