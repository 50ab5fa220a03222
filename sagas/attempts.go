package sagas

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/millrace/millrace/partitions"
)

// attempts bounds the attempts at steps and undos that a node makes at once. One kind of them takes at most as many as it leaves
// free: half of all, where there are no others. So kinds that do not come to their ends leave room for each other one.
type attempts struct {
	mu    sync.Mutex
	free  int
	kinds map[string]*kindOfAttempt
}

type kindOfAttempt struct {
	running int
	waiting []chan struct{} // closed for who may begin
}

func newAttempts(most int) *attempts {
	return &attempts{free: most, kinds: make(map[string]*kindOfAttempt)}
}

// ask asks for an attempt, which may begin when the channel is closed.
func (a *attempts) ask(name string) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.kinds[name]
	if k == nil {
		k = &kindOfAttempt{}
		a.kinds[name] = k
	}
	may := make(chan struct{})
	k.waiting = append(k.waiting, may)
	a.grant()
	return may
}

// end takes back what was asked for, or ends the attempt that has begun.
func (a *attempts) end(name string, may <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.kinds[name]
	if i := slices.IndexFunc(k.waiting, func(other chan struct{}) bool { return other == may }); i >= 0 {
		k.waiting = slices.Delete(k.waiting, i, i+1)
	} else {
		k.running--
		a.free++
	}
	if k.running+len(k.waiting) == 0 {
		delete(a.kinds, name)
	}
	a.grant()
}

// grant lets those begin that can: of the kinds that have fewest first.
func (a *attempts) grant() {
	for {
		var next *kindOfAttempt
		for _, k := range a.kinds {
			if len(k.waiting) > 0 && (next == nil || k.running < next.running) {
				next = k
			}
		}
		if next == nil || next.running >= a.free {
			return
		}
		close(next.waiting[0])
		next.waiting = next.waiting[1:]
		next.running++
		a.free--
	}
}

// patient waits until an attempt may begin. Otherwise the run is given up, or the node is crowded: sagas wait for the room that the run
// has had for long.
func (r *run) patient(ctx context.Context, may <-chan struct{}) (begins, crowded bool) {
	select {
	case <-may:
		return true, false
	default:
	}
	ticker := time.NewTicker(placePatience)
	defer ticker.Stop()
	for {
		select {
		case <-may:
			return true, false
		case <-ctx.Done():
			return false, false
		case <-r.life.Done():
			return false, false
		case <-ticker.C:
		}
		if r.runner.crowded() && r.claim() {
			return false, true
		}
	}
}

// claim begins a turn, where there is none.
func (r *run) claim() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy || len(r.queue) > 0 {
		return false
	}
	r.busy = true
	return true
}

// wayFor lets others have the run's room, if all that it does is to wait for an attempt. It is called in a turn.
func (r *run) wayFor(ctx context.Context, o *op, warnings int) func(*partitions.Tx) error {
	others := slices.ContainsFunc(r.all(), func(other *op) bool { return other.performing && other != o })
	switch {
	case !others:
		return r.giveWay
	case r.rest():
		return r.perform(ctx, o, warnings)
	default:
		return r.turn(ctx, o)
	}
}

// since is when the first attempt began.
func (o *op) since(now time.Time) time.Time {
	if o.tried.Since.IsZero() {
		return now
	}
	return o.tried.Since
}
