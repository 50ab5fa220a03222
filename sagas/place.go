package sagas

import (
	"context"
	"slices"
)

// settle looks at where the flow has come to, and lets branches that have lost know it.
func (r *run) settle(ctx context.Context, p *plan, recovered bool) bool {
	for {
		r.place(p, recovered)
		o := r.loser(p)
		if o == nil {
			return true
		}
		e := lost(o, o.saga.now)
		p.fresh, r.entries = append(p.fresh, e), append(r.entries, e)
		same := func(other *op) bool { return other == o }
		p.arms, p.steps = slices.DeleteFunc(p.arms, same), slices.DeleteFunc(p.steps, same)
		delete(r.waiting, o.at)
		o.wake <- e
		if !r.flowing(ctx) {
			return false
		}
	}
}

// loser is an operation that a branch waits for which has lost. A step that is only planned is one.
func (r *run) loser(p *plan) *op {
	for _, o := range r.waiting {
		if o.saga.hasLost() && (!o.performing || slices.Contains(p.steps, o)) && o.kind != KindUndo && (o.kind != KindStep || !o.tried.Unknown) {
			return o
		}
	}
	return nil
}

// place says what is to be done for operations that the flow has come to.
func (r *run) place(p *plan, recovered bool) {
	p.fresh, r.entries, r.noted = append(p.fresh, r.noted...), append(r.entries, r.noted...), nil
	for _, o := range r.blocked {
		r.waiting[o.at] = o
		if o.kind == KindStep || o.kind == KindUndo {
			r.plan(p, o, recovered)
		} else if _, armed := r.tries[o.at]; !armed { // what was armed before comes by itself
			p.arms = append(p.arms, o)
		}
	}
	r.blocked = nil
}

// plan plans an attempt, unless it is to be made later.
func (r *run) plan(p *plan, o *op, recovered bool) {
	o.tried = r.tries[o.at]
	o.tried.Unknown = o.tried.Unknown || recovered
	if o.tried.Due.IsZero() {
		o.performing = true
		p.steps = append(p.steps, o)
	}
}
