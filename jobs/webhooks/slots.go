package webhooks

import "github.com/millrace/millrace/request"

// pool is the attempts of one kind that a node makes at once. Who waits for a place gets one in turn with other tenants.
type pool struct {
	most, used int
	waits      map[request.Tenant][]*line
	turns      []request.Tenant
}

// take takes a place, or lets the endpoint wait for one.
func (p *pool) take(l *line) bool {
	if p.used < p.most {
		p.used++
		return true
	}
	if !l.queued {
		l.queued = true
		if p.waits == nil {
			p.waits = make(map[request.Tenant][]*line)
		}
		if len(p.waits[l.tenant]) == 0 {
			p.turns = append(p.turns, l.tenant)
		}
		p.waits[l.tenant] = append(p.waits[l.tenant], l)
	}
	return false
}

// next is who gets a place, or nil.
func (p *pool) next() *line {
	if p.used >= p.most || len(p.turns) == 0 {
		return nil
	}
	tenant := p.turns[0]
	p.turns = p.turns[1:]
	lines := p.waits[tenant]
	l := lines[0]
	if lines = lines[1:]; len(lines) > 0 {
		p.waits[tenant] = lines
		p.turns = append(p.turns, tenant)
	} else {
		delete(p.waits, tenant)
	}
	l.queued = false
	return l
}

// place is that of one attempt.
type place struct {
	pool *pool // nil once it is given back
}

// leave gives a place back, and lets others have it.
func (n *node) leave(p *place, a *begun) {
	if p.pool == nil {
		return
	}
	p.pool.used--
	p.pool = nil
	n.serve(a)
}

// serve lets endpoints that wait for places have those that are free.
func (n *node) serve(a *begun) {
	for _, p := range []*pool{&n.fast, &n.slow} {
		for l := p.next(); l != nil; l = p.next() {
			n.pump(l, a)
		}
	}
}

// outlast moves an attempt that takes long out of the places of endpoints that answer: these are not held up by what answers no longer.
func (n *node) outlast(l *line, p *place, a *begun) {
	l.late = true
	if p.pool != &n.fast || n.overdue.used >= n.overdue.most {
		return
	}
	n.fast.used--
	n.overdue.used++
	p.pool = &n.overdue
	n.serve(a)
}
