//go:build synctests

package partitions_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/internal/line"
)

// reign is one run of a singleton.
type reign struct {
	node  string
	token int64
}

// throne is where singletons tell that they run, and where two at once are found out.
type throne struct {
	t      *testing.T
	mu     sync.Mutex
	held   string
	reigns chan reign
}

// option is a singleton that reigns until it is stopped, or fails at once as often as told.
func (h *throne) option(node string, fail int) partitions.Option {
	return partitions.Singleton("sweeper", func(ctx context.Context, lease *partitions.Lease) error {
		h.take(node)
		h.reigns <- reign{node, lease.Token()}
		defer h.take("")
		if fail--; fail == 0 {
			panic("no")
		}
		if fail > 0 {
			return errors.New("not yet")
		}
		<-ctx.Done()
		if !errors.Is(context.Cause(ctx), partitions.ErrNotOwner) {
			h.t.Errorf("%s: the lease ended with %v", node, context.Cause(ctx))
		}
		return nil
	})
}

func (h *throne) take(node string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if node != "" && h.held != "" {
		h.t.Errorf("%s begins while %s has not ended", node, h.held)
	}
	h.held = node
}

func TestSingleton(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		h := &throne{t: t, reigns: make(chan reign, 100)}
		lines, stops := make(map[string]*line.Line), make(map[string]func())
		for _, node := range []string{"one", "two", "three"} {
			lines[node] = line.New(w.network.DialContext)
			b := w.open(bus.Dialer(lines[node].Open))
			defer b.Close()
			g, _, err := w.ledger(b, node, h.option(node, 0))
			if err != nil {
				t.Fatal(err)
			}
			stops[node] = start(t, g)
		}
		<-time.After(time.Minute)
		var last reign
		for len(h.reigns) > 0 {
			last = h.follow(last)
		}
		stops[last.node]()
		delete(stops, last.node)
		last = h.follow(last)

		lines[last.node].Stall()
		cut, began := last.node, time.Now()
		if last = h.follow(last); last.node == cut || time.Since(began) > 15*time.Second {
			t.Errorf("%s follows %s after %s", last.node, cut, time.Since(began))
		}
		lines[cut].Flow()
		<-time.After(time.Minute)
		for _, stop := range stops {
			stop()
		}
	})
}

// follow waits for the next reign.
func (h *throne) follow(last reign) reign {
	next := <-h.reigns
	if next.token <= last.token {
		h.t.Errorf("%+v follows %+v: the token must grow", next, last)
	}
	return next
}

func TestSingletonRunsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		h := &throne{t: t, reigns: make(chan reign, 100)}
		g, _, err := w.ledger(w.bus, "one", h.option("one", 3))
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, g)
		<-time.After(time.Minute)
		if len(h.reigns) != 4 {
			t.Errorf("%d runs, want 4: two that fail, one that panics, and the last", len(h.reigns))
		}
		stop()
	})
}
