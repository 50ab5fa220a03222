package sagas

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/millrace/millrace/partitions"
)

// plan is what a turn wants to be committed, and what is to be done after that.
type plan struct {
	fresh  []Entry
	arms   []*op // sleeps and awaits that begin
	steps  []*op // attempts to be made
	again  []wait
	waits  []string // what the flow waits for, apart from attempts that are being made
	active bool     // attempts are being made already
	park   string
	end    Status
	result json.RawMessage
	reason string                     // why the flow has failed
	renew  *renewal                   // what the flow begins anew with
	views  map[string]json.RawMessage // what the flow shows, if that has changed
	doubts []wait                     // what may have happened, where it is parked
	sure   bool                       // that is all
	// What the journal is, with all of the above, and the rows that it had before.
	entries []Entry
	pages   []string
}

func (p *plan) empty() bool {
	return len(p.fresh)+len(p.arms)+len(p.steps)+len(p.again) == 0 &&
		p.park == "" && p.end == "" && p.reason == "" && p.renew == nil && p.views == nil
}

// attempt is the only thing that the plan is about, or nil. It needs no transaction before.
func (p *plan) attempt(r *run) *op {
	h := &r.head
	if len(p.steps) == 1 && p.views == nil && len(p.fresh)+len(p.arms)+len(p.again)+len(p.waits) == 0 && !p.active && p.park == "" && p.end == "" &&
		!h.Cancel && r.warnings() == 0 && (p.reason == "" || h.Status == Compensating) {
		return p.steps[0]
	}
	return nil
}

// hear notes what has come of something, and is true where a turn has to be begun for that.
func (r *run) hear(outcomes ...outcome) (begins bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue = append(r.queue, outcomes...)
	begins = !r.busy && len(r.queue) > 0
	r.busy = r.busy || begins
	return begins
}

// deliver gives the run what has come of an attempt.
func (r *run) deliver(ctx context.Context, o outcome) func(*partitions.Tx) error {
	if !r.hear(o) {
		return nil
	}
	return r.turn(ctx)
}

// turn lets the flow go on as far as it can with what has come, and returns what is to be committed then. carried are
// attempts that were to be made and are not begun.
func (r *run) turn(ctx context.Context, carried ...*op) func(*partitions.Tx) error {
	for !r.dead() {
		p := &plan{steps: carried}
		carried = nil
		if !r.advance(ctx, p) {
			r.kill()
			return nil
		}
		if o := p.attempt(r); o != nil && r.rest() {
			return r.perform(ctx, o, 0)
		} else if o != nil {
			carried = p.steps
			continue
		}
		if p.empty() && (p.active || len(p.waits) == 0) {
			if r.rest() {
				return nil
			}
			continue
		}
		r.unwritten = p
		return func(tx *partitions.Tx) error { return r.commit(tx, p) } //nolint:contextcheck // a transaction has its own
	}
	return nil
}

// rest ends the turn, unless more has come.
func (r *run) rest() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy = len(r.queue) > 0
	return !r.busy
}

// advance moves the flow on, and fills the plan. It is false when the run is given up.
func (r *run) advance(ctx context.Context, p *plan) bool {
	if !r.work(ctx) {
		return false
	}
	defer r.pause()
	r.mu.Lock()
	queue := r.queue
	p.steps = append(p.steps, r.held...)
	r.queue, r.held = nil, nil
	r.mu.Unlock()
	if !r.playing {
		r.playing = true
		go r.play()
		if !r.flowing(ctx) {
			return false
		}
		r.recovering = r.recovered && r.broken != ""
		if !r.settle(ctx, p, r.recovered) {
			return false
		}
	}
	for _, o := range queue {
		if !r.take(ctx, p, o) || !r.settle(ctx, p, false) {
			return false
		}
	}
	p.park = cmp.Or(p.park, r.broken)
	if r.ended && p.park == "" {
		r.finish(p)
	}
	if p.park != "" {
		p.doubts, p.sure = r.doubts(p), !r.recovering
	}
	for _, o := range r.all() {
		switch {
		case !o.performing:
			p.waits = append(p.waits, o.at)
		case !slices.Contains(p.steps, o):
			p.active = true
		}
	}
	p.entries, p.pages = r.entries, slices.Clip(r.pages)
	for _, entries := range paginate(p.fresh) {
		page := pageKey(r.key, entries[0].At)
		if r.pages = append(r.pages, page); entries[0].lost() {
			p.pages = append(p.pages, page) // what came for it may be stored there
		}
	}
	if !maps.EqualFunc(r.views, r.head.Views, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
		p.views = maps.Clone(r.views)
		r.head.Views = p.views
	}
	return true
}

// all are the operations that have not come to their end.
func (r *run) all() []*op {
	all := slices.Collect(maps.Values(r.waiting))
	if r.undoing != nil {
		all = append(all, r.undoing)
	}
	return all
}

// take lets the flow meet one outcome.
func (r *run) take(ctx context.Context, p *plan, got outcome) bool {
	o := r.waiting[got.at]
	if r.undoing != nil && r.undoing.at == got.at {
		o = r.undoing
	}
	if got.page != "" && !slices.Contains(r.pages, got.page) {
		r.pages = append(r.pages, got.page)
	}
	switch {
	case o == nil: // it is known, or the flow comes to it later
		return true
	case got.held:
		p.steps = append(p.steps, o)
		return true
	case got.now:
		if !o.performing {
			o.performing = true
			p.steps = append(p.steps, o)
		}
		return true
	case got.park != "":
		o.performing, o.panicked = false, true
		p.park = got.park
		return true
	case got.again != nil:
		o.performing, o.tried = false, *got.again
		p.again = append(p.again, *got.again)
		return true
	}
	o.performing = false
	if got.fresh && o.kind == KindStep {
		r.steps++
		got.entry.Order = r.steps
	}
	if got.fresh {
		p.fresh = append(p.fresh, got.entry)
	}
	r.entries = append(r.entries, got.entry)
	if o == r.undoing {
		r.undoing = nil
		r.journal[got.at] = got.entry
		return true
	}
	delete(r.waiting, got.at)
	o.wake <- got.entry
	return r.flowing(ctx)
}
