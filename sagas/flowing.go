package sagas

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/millrace/millrace/partitions"
)

const (
	// turnsAtOnce bounds the flows of a definition that work at once on a node, apart from those that have not yielded for long.
	turnsAtOnce = 64
	// turnPatience is how long a flow may work until it comes to where it waits. One that takes longer takes nobody's room.
	turnPatience = time.Second
	// slowAfter is how long after that it is said.
	slowAfter = 9 * time.Second
)

// work waits until the flow may work, and is false when the run is given up.
func (r *run) work(ctx context.Context) bool {
	if r.runner.turns == nil || r.working {
		return true
	}
	select {
	case r.runner.turns <- struct{}{}:
		r.working = true
		return true
	case <-r.life.Done():
	case <-ctx.Done():
	}
	return false
}

// pause lets others work.
func (r *run) pause() {
	if r.working {
		r.working = false
		<-r.runner.turns
	}
}

// flowing waits until all branches of the flow wait or have ended. It is false when the run is given up.
func (r *run) flowing(ctx context.Context) bool {
	timer := time.NewTimer(turnPatience)
	defer timer.Stop()
	late := false
	for {
		select {
		case <-r.yielded:
		case <-r.life.Done():
			return false
		case <-ctx.Done():
			return false
		case <-timer.C:
			if late {
				r.complain()
				continue
			}
			late = true
			r.pause()
			r.count(false)
			timer.Reset(slowAfter)
			continue
		}
		if len(r.ready) > 0 && r.broken == "" {
			next := r.ready[0]
			r.ready = r.ready[1:]
			next()
			continue
		}
		if late {
			r.count(true)
		}
		return true
	}
}

// count says whether the run takes room in the memory.
func (r *run) count(takes bool) {
	n := r.runner
	n.mu.Lock()
	change := r.counted != takes && !r.dead()
	if change {
		r.counted = takes
		if takes {
			n.resident++
		} else {
			n.resident--
		}
	}
	n.mu.Unlock()
	if change && !takes {
		n.refill()
	}
}

// complain says that the flow does not come to where it waits, once for each time that it is in the memory.
func (r *run) complain() {
	if r.slow || r.runner.turns == nil {
		return
	}
	r.slow = true
	tenant, id := parseKey(r.key)
	at := "its beginning"
	if o := r.reached.Load(); o != nil {
		at = o.at
	}
	r.runner.logger().Error("sagas: a flow does not come to where it waits: it blocks, or works without an end", "flow", r.runner.name,
		"tenant", string(tenant), "saga", id, "after", at)
	r.beside.Do(func(tx *partitions.Tx) error {
		slow.Add(tx, 1, attribute.String("millrace.saga.flow", r.runner.name))
		return nil
	})
}
