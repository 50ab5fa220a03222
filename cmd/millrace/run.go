package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// readyLimit bounds how long the parts may take until they serve: as long as the startup probes of deploy/kubernetes.
const (
	readyLimit = 10 * time.Minute
	roomPoll   = time.Second
	slotPoll   = 50 * time.Millisecond
)

// stage is a part that runs until its own end is called, so that parts end in the order of the data.
type stage struct {
	end  context.CancelFunc
	done chan struct{}
}

// start runs a part until its end is called. That it fails or ends before is told, and that it does not end in order afterwards is logged.
func (p *pod) start(ctx context.Context, wg *sync.WaitGroup, failed chan<- error, name string, run func(context.Context) error) stage {
	own, end := context.WithCancel(context.WithoutCancel(ctx))
	s := stage{end: end, done: make(chan struct{})}
	wg.Go(func() {
		defer close(s.done)
		switch err := run(own); {
		case own.Err() != nil && err != nil && !errors.Is(err, context.Canceled):
			p.log.WarnContext(own, "a part of the pod has not ended in order", "part", name, "error", err)
		case own.Err() != nil:
		case err != nil:
			failed <- err
		default:
			failed <- fmt.Errorf("%s ended before it was asked to", name)
		}
	})
	return s
}

// serve runs the pod on the listener until ctx ends or a part fails. Probes are answered from the beginning, requests as soon as
// they can be; it calls ready once the pod is. Parts end in order: HTTP and hub together, so that event streams end with word to come back, then
// consumer, then relay.
func (p *pod) serve(ctx context.Context, listener net.Listener, ready func()) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	failed := make(chan error, 8) //nolint:mnd // more than there are parts
	start := func(name string, run func(context.Context) error) stage { return p.start(ctx, &wg, failed, name, run) }
	scraped := start("metrics", p.otel.Run)
	relay := start("relay", p.resumed(p.group.Run))
	hub := start("hub", p.hub.Run)
	answering := start("http", func(own context.Context) error { return p.serveHTTP(own, listener) })
	steps := [][]stage{{answering, hub}, {relay}, {scraped}}
	defer func() { end(steps) }()

	if err := p.prepared(ctx, failed); err != nil || ctx.Err() != nil {
		return err
	}
	consumer := start("shop", p.resumed(p.shop.Run))
	steps = [][]stage{{answering, hub}, {consumer}, {relay}, {scraped}}
	p.begun.Store(true)
	if err := p.settled(ctx, failed); err != nil || ctx.Err() != nil {
		return err
	}
	ready()
	select {
	case err := <-failed:
		p.health.Drain()
		return err
	case <-ctx.Done():
	}
	p.health.Drain()
	pause := time.NewTimer(p.drain)
	defer pause.Stop()
	select {
	case <-pause.C:
	case err := <-failed:
		return err
	}
	return nil
}

// resumed runs a part that works on Kafka. While there is no room a broker refuses everything for good, as it says; the part
// begins again when there is room, and goes on with what was accepted.
func (p *pod) resumed(run func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		for {
			err := run(ctx)
			if err == nil || p.health.room == nil || p.health.room(ctx) == nil {
				return err
			}
			p.log.ErrorContext(ctx, "nothing is done until there is room again", "error", err)
			if !p.roomy(ctx) {
				return nil
			}
		}
	}
}

// roomy waits until there is room, and is false when ctx ends first.
func (p *pod) roomy(ctx context.Context) bool {
	poll := time.NewTicker(roomPoll)
	defer poll.Stop()
	for p.health.room(ctx) != nil {
		select {
		case <-poll.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// end ends step after step; the stages of one step end together.
func end(steps [][]stage) {
	for _, step := range steps {
		for _, s := range step {
			s.end()
		}
		for _, s := range step {
			<-s.done
		}
	}
}

// prepared waits for the replication slot, since what is written before it exists is never published, and for the hub.
func (p *pod) prepared(ctx context.Context, failed <-chan error) error {
	late := time.NewTimer(readyLimit)
	defer late.Stop()
	poll := time.NewTicker(slotPoll)
	defer poll.Stop()
	hub, slot := p.hub.Ready(), false
	for hub != nil || !slot {
		select {
		case <-hub:
			hub = nil
		case <-poll.C:
			err := p.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_replication_slots
				WHERE slot_name = $1 AND confirmed_flush_lsn IS NOT NULL)`, p.relay.Status().Slot).Scan(&slot)
			if err != nil && ctx.Err() == nil {
				return fmt.Errorf("postgres: %w", err)
			}
		case err := <-failed:
			return err
		case <-ctx.Done():
			return nil
		case <-late.C:
			return fmt.Errorf("not ready after %s; the relay says: %w; the log says more", readyLimit,
				cmp.Or(p.relay.Status().Err, errNothing))
		}
	}
	return nil
}

// settled waits until the pod is ready, its shards restored above all, and says so where that takes long.
func (p *pod) settled(ctx context.Context, failed <-chan error) error {
	late := time.NewTimer(readyLimit)
	defer late.Stop()
	poll := time.NewTicker(slotPoll)
	defer poll.Stop()
	for !p.health.Report(ctx).Status.Ready() {
		select {
		case <-poll.C:
		case err := <-failed:
			return err
		case <-ctx.Done():
			return nil
		case <-late.C:
			p.log.WarnContext(ctx, "requests are served, and /readyz?verbose says what is not ready yet")
			return nil
		}
	}
	return nil
}

var errNothing = errors.New("nothing")

// listenHTTP takes the port before anything else is started.
func listenHTTP(ctx context.Context, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program listens on %s; stop it, or choose another address with --http", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen on %s; choose a port above 1023 with --http", address)
	case err != nil:
		return nil, &usageError{fmt.Errorf("--http %s must be host:port, such as %s: %w", address, defaultHTTP, err)}
	}
	return listener, nil
}
