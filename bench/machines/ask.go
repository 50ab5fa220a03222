package machines

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bench/process"
	"github.com/millrace/millrace/partitions"
)

// answers is what questions have shown.
type answers struct {
	took      []time.Duration
	rate, cpu float64
}

// askAll asks from this process, as a client of the group: one caller, then many.
func (f *field) askAll(ctx context.Context, p *process.Process, found *shown) (err error) {
	part := f.side.part(f.name)
	g, err := partitions.New(f.bus, f.name, part.option, partitions.Weight(0))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	defer func() { stop(); err = errors.Join(err, <-ended) }()
	ask := func(i int) error {
		version, err := part.ask(ctx, g, idOf(i), nth(f.events[i]))
		if err == nil && version != int64(f.events[i]+1) {
			err = fmt.Errorf("%w: order %q answers with version %d to event %d", ErrWrong, idOf(i), version, f.events[i]+1)
		}
		if err == nil {
			f.events[i]++
		}
		return err
	}
	for err = ask(0); errors.Is(err, partitions.ErrNotRunning); err = ask(0) {
		if err := errors.Join(pause(ctx, look), p.Alive()); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if found.one, err = f.ask(p, 1, ask); err != nil {
		return err
	}
	found.many, err = f.ask(p, f.callers, ask)
	return err
}

// ask lets callers ask one question after the other, each its own orders.
func (f *field) ask(p *process.Process, callers int, ask func(i int) error) (a answers, err error) {
	before, err := p.CPU()
	if err != nil {
		return a, err
	}
	began := time.Now()
	var mu sync.Mutex
	var all errgroup.Group
	for caller := range callers {
		all.Go(func() error {
			var took []time.Duration
			for i := caller; ; i += callers {
				if i >= f.instances {
					i = caller
				}
				start := time.Now()
				if start.Sub(began) >= f.asks {
					break
				}
				if err := ask(i); err != nil {
					return err
				}
				took = append(took, time.Since(start))
			}
			mu.Lock()
			defer mu.Unlock()
			a.took = append(a.took, took...)
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return a, err //nolint:wrapcheck // a bench
	}
	long := time.Since(began)
	after, err := p.CPU()
	n := float64(len(a.took))
	a.rate, a.cpu = n/long.Seconds(), (after-before).Seconds()/n*1e6
	return a, err
}
