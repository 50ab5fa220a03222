package partitions

import (
	"context"
	"sync"
	"time"
)

// membership is what the group's coordinator knows this node by. A commit with an older one is refused.
type membership struct {
	member     string
	generation int32
}

// gate lets transactions run only while a membership stands, so that a planned rebalance waits for what runs and
// nothing has to be aborted. It is not what makes a commit safe: the broker is.
type gate struct {
	mu      sync.Mutex
	current membership
	open    bool
	turns   int // so often it was opened or shut
	running int
	changed chan struct{}
}

func newGate() *gate { return &gate{changed: make(chan struct{})} }

func (g *gate) change() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// enter waits until the gate is open and another membership than the refused one stands.
func (g *gate) enter(ctx context.Context, refused membership) (membership, error) {
	for {
		g.mu.Lock()
		if g.open && g.current != refused && ctx.Err() == nil {
			g.running++
			defer g.mu.Unlock()
			return g.current, nil
		}
		changed := g.changed
		g.mu.Unlock()
		select {
		case <-ctx.Done():
			return membership{}, context.Cause(ctx)
		case <-changed:
		}
	}
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running--
	g.change()
}

// another says whether this is not the member that passed last.
func (g *gate) another(m membership) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.current.member != m.member
}

// passed is the membership that passed last; its member is empty before the first.
func (g *gate) passed() membership {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.current
}

// pass opens the gate for a membership.
func (g *gate) pass(m membership) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.current, g.open = m, true
	g.turns++
	g.change()
}

// reopen opens the gate again after a while for the membership that passed last, unless it is opened or shut before: the
// shards that a node keeps over a rebalance need not wait for a member that does not join again. A commit that the next
// generation overtakes is refused, and made again.
func (g *gate) reopen(after time.Duration) {
	g.mu.Lock()
	turns := g.turns
	g.mu.Unlock()
	time.AfterFunc(after, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.turns == turns {
			g.open = true
			g.change()
		}
	})
}

// shut closes the gate and waits for what runs.
func (g *gate) shut(ctx context.Context) {
	g.mu.Lock()
	g.open = false
	g.turns++
	for g.running > 0 && ctx.Err() == nil {
		changed := g.changed
		g.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-changed:
		}
		g.mu.Lock()
	}
	g.mu.Unlock()
}
