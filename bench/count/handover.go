package count

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/millrace/millrace/bench/figures"
)

// handover restarts one node after the other, politely.
func (b *bench) handover(ctx context.Context) error {
	return b.moves(ctx, "handover", []int{1}, func(ctx context.Context, f *fleet) error {
		if err := pause(ctx, quiet); err != nil {
			return err
		}
		for i, node := range f.nodes {
			f.step(fmt.Sprintf("node %d restarts", i))
			node.End()
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

// failover kills one node, which stays dead, where another has copies of its tables, and where none has.
func (b *bench) failover(ctx context.Context) error {
	const patience = 30 * time.Second
	return b.moves(ctx, "failover", []int{1, 0}, func(ctx context.Context, f *fleet) error {
		if err := pause(ctx, quiet); err != nil {
			return err
		}
		f.step("node 0 is killed")
		if err := f.nodes[0].Kill(); err != nil {
			return err
		}
		return pause(ctx, patience)
	})
}

// moves lets something happen to every side that can be many nodes.
func (b *bench) moves(ctx context.Context, name string, standbys []int, happen func(context.Context, *fleet) error) error {
	var all []figures.Figure
	for _, s := range sides() {
		if !s.moves || !strings.Contains(s.String(), b.only) {
			continue
		}
		for _, n := range standbys {
			seen, err := b.move(ctx, name, s, n, happen)
			if err != nil {
				return fmt.Errorf("%v, standbys %d: %w", s, n, err)
			}
			all = append(all, seen...)
		}
	}
	return figures.Print(os.Stdout, b.json, all...)
}

func (b *bench) move(
	ctx context.Context, name string, s side, standbys int, happen func(context.Context, *fleet) error,
) (all []figures.Figure, err error) {
	f, aborted, err := b.try(ctx, s, standbys, happen)
	if err != nil {
		return nil, err
	}
	waits := f.longest()
	within := 0
	for _, wait := range waits {
		if wait < time.Second {
			within++
		}
	}
	place := fmt.Sprintf("%d nodes, %v, standbys %d", b.nodes, s.variant, standbys)
	add := func(metric string, value float64) {
		all = append(all, figures.Figure{Bench: name, Case: place, Side: s.name, Metric: metric, Value: value})
	}
	add("longest wait p50", figures.Quantile(waits, 0.5)) //nolint:mnd // the median
	add("longest wait", figures.Quantile(waits, 1))
	add("within a second", float64(within)/float64(len(waits)))
	add("aborted", float64(aborted))
	if restoring := waits[len(waits)-1] - b.session; standbys == 0 && restoring > 0 {
		lost := float64(b.keys*(b.pad+countSize)) / float64(b.nodes)
		add("restored MB/s", lost/1e6/restoring.Seconds()) //nolint:mnd // bytes in a MB
	}
	return all, nil
}
