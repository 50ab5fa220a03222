package count

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// handover restarts one node after the other, politely.
func (b *bench) handover(ctx context.Context) error {
	return b.moves(ctx, "handover", func(ctx context.Context, f *fleet) error {
		if err := pause(ctx, quiet); err != nil {
			return err
		}
		for i, node := range f.nodes {
			f.step(fmt.Sprintf("node %d restarts", i))
			node.end()
			if err := f.start(ctx, i); err != nil {
				return err
			}
			if err := pause(ctx, quiet); err != nil {
				return err
			}
		}
		return nil
	})
}

// failover kills one node, which stays dead.
func (b *bench) failover(ctx context.Context) error {
	const patience = 30 * time.Second
	return b.moves(ctx, "failover", func(ctx context.Context, f *fleet) error {
		if err := pause(ctx, quiet); err != nil {
			return err
		}
		f.step("node 0 is killed")
		if err := f.nodes[0].cmd.Process.Kill(); err != nil {
			return err //nolint:wrapcheck // a bench
		}
		return pause(ctx, patience)
	})
}

// moves lets something happen to every side that can be many nodes.
func (b *bench) moves(ctx context.Context, name string, happen func(context.Context, *fleet) error) error {
	var figures []figure
	for _, s := range sides() {
		if !s.moves || !strings.Contains(s.String(), b.only) {
			continue
		}
		f, aborted, err := b.try(ctx, s, happen)
		if err != nil {
			return fmt.Errorf("%v: %w", s, err)
		}
		waits := f.longest()
		within := 0
		for _, wait := range waits {
			if wait < time.Second {
				within++
			}
		}
		place := fmt.Sprintf("%d nodes, %v", b.nodes, s.variant)
		add := func(metric string, value float64) {
			figures = append(figures, figure{name, place, s.name, metric, value})
		}
		add("longest wait p50", quantile(waits, 0.5)) //nolint:mnd // the median
		add("longest wait", quantile(waits, 1))
		add("within a second", float64(within)/float64(len(waits)))
		add("aborted", float64(aborted))
	}
	return b.print(figures)
}
