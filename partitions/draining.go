package partitions

import (
	"context"
	"errors"
	"sync"

	"github.com/millrace/millrace/partitions/internal/line"
)

// Draining calls f when [Group.Run]'s context has ended, before the node leaves: its shards are still live, and f may end what
// it has under way beside them. The node leaves once all such functions have returned, so let them bound how long they take. A run
// that ends with an error does not wait for them.
func Draining(f func()) Option {
	return option(func(c *config) {
		c.draining = append(c.draining, f)
		if f == nil {
			c.errs = append(c.errs, errors.New("Draining: the function is nil"))
		}
	})
}

// drained is a context that ends once ctx has ended and all that drains has done so, or when stop is called.
func (c *config) drained(ctx context.Context) (context.Context, context.CancelFunc) {
	if len(c.draining) == 0 {
		return context.WithCancel(ctx)
	}
	until, stop := context.WithCancel(context.WithoutCancel(ctx))
	unwatch := context.AfterFunc(ctx, func() {
		defer stop()
		if errors.Is(context.Cause(ctx), line.ErrCut) {
			return // a process that is killed, as partitionstest does it, drains nothing
		}
		var all sync.WaitGroup
		for _, f := range c.draining {
			all.Go(f)
		}
		all.Wait()
	})
	return until, func() { unwatch(); stop() }
}
