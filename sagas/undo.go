package sagas

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// finish is called when the flow has returned.
func (r *run) finish(p *plan) {
	for at, e := range r.journal {
		if e.Kind != KindUndo && e.Kind != KindVersion {
			p.park = fmt.Sprintf("the flow has changed: it ends before %s at %s, which the journal has", title(e.Kind, e.Name), at)
			return
		}
	}
	if again, is := errors.AsType[*renewal](r.err); is && !r.told {
		p.renew = again
		return
	}
	if r.err == nil && !r.told {
		p.end, p.result = Completed, r.out
		return
	}
	p.reason = r.head.Reason
	if r.err != nil && p.reason == "" {
		p.reason = clip(r.err.Error())
	}
	p.reason = cmp.Or(p.reason, FailedCancelled)
	if r.undoing != nil {
		return
	}
	if r.undoing = r.nextUndo(); r.undoing == nil {
		p.end = Compensated
		return
	}
	r.plan(p, r.undoing, true)
}

// undo is how a step is undone.
type undo struct {
	order int
	op    *op
}

// latest puts first what ended last.
func latest(a, b *undo) int { return cmp.Compare(b.order, a.order) }

// undoMark follows the position of a step in that of its undo.
const undoMark = "~"

func cutUndo(at string) (step string, is bool) { return strings.CutSuffix(at, undoMark) }

// undoable notes how a step that has ended is undone.
func (r *run) undoable(e Entry, o *op) {
	o.at, o.kind, o.retry = e.At+undoMark, KindUndo, o.retryUndo
	r.undos = append(r.undos, &undo{order: e.Order, op: o})
}

// nextUndo is that of the step that ended last and is not undone.
func (r *run) nextUndo() *op {
	slices.SortStableFunc(r.undos, latest)
	for _, u := range r.undos {
		if _, done := r.journal[u.op.at]; !done {
			return u.op
		}
	}
	return nil
}
