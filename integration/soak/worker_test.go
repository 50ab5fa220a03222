package soak_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/locks"
)

// What a worker is told.
const (
	workerVariable  = "MILLRACE_SOAK_WORKER"
	clusterVariable = "MILLRACE_SOAK_CLUSTER"
	journalVariable = "MILLRACE_SOAK_JOURNAL"
	seedVariable    = "MILLRACE_SOAK_SEED"
	stateVariable   = "MILLRACE_SOAK_STATE"
)

const (
	lockLease   = 3 * time.Second
	lockClients = 3
)

// work is a worker's process. It ends in good order on SIGTERM, and with an error when the library says one.
func work() (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	seed, err := strconv.ParseUint(os.Getenv(seedVariable), 10, 64)
	if err != nil {
		return err
	}
	notes, err := openJournal(os.Getenv(journalVariable))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, notes.close()) }()
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	b, err := reach(ctx, os.Getenv(clusterVariable), logger)
	if b == nil {
		return err
	}
	defer b.Close()
	g, err := program(b, notes, where(os.Getenv(workerVariable), os.Getenv(stateVariable), "counts")...)
	if err != nil {
		return err
	}
	lights, err := lampProgram(b, where(os.Getenv(workerVariable), os.Getenv(stateVariable), "lamps")...)
	if err != nil {
		return err
	}
	money := newBank(seed)
	if err := money.open(b, where(os.Getenv(workerVariable), os.Getenv(stateVariable), "bank")...); err != nil {
		return err
	}
	duties, err := newChores(notes).runner(b, where(os.Getenv(workerVariable), os.Getenv(stateVariable), "chores")...)
	if err != nil {
		return err
	}
	hooks, _, err := hookProgram(b, os.Getenv(receiverVariable), where(os.Getenv(workerVariable), os.Getenv(stateVariable), "hooks")...)
	if err != nil {
		return err
	}
	m, err := locks.New(b, group, locks.LeaseTime(lockLease), locks.Logger(logger), locks.Owner(os.Getenv(workerVariable)))
	if err != nil {
		return err
	}
	running, ctx := errgroup.WithContext(ctx)
	running.Go(func() error { return g.Run(ctx) })
	running.Go(func() error { return lights.Run(ctx) })
	running.Go(func() error { return money.group.Run(ctx) })
	running.Go(func() error { return duties.Run(ctx) })
	running.Go(func() error { return hooks.Run(ctx) })
	running.Go(func() error { return m.Run(ctx) })
	for i := range uint64(lockClients) {
		chance := rand.New(rand.NewPCG(seed, i))
		running.Go(func() error { return notes.takeLocks(ctx, m, chance) })
	}
	return running.Wait()
}

// reach opens a bus, however long no broker answers. There is none when ctx ends first.
func reach(ctx context.Context, url string, logger *slog.Logger) (*bus.Bus, error) {
	for {
		b, err := bus.Open(ctx, url, bus.Logger(logger))
		switch {
		case err == nil:
			return b, nil
		case ctx.Err() != nil:
			return nil, nil //nolint:nilerr // it has ended before it began
		case !errors.Is(err, bus.ErrUnreachable) && !errors.Is(err, context.DeadlineExceeded):
			return nil, fmt.Errorf("open: %w", err)
		}
		logger.WarnContext(ctx, "no broker answers", "error", err)
	}
}

// where is a node that keeps nothing, or one that begins its next life with what it has in a directory, under the same name.
// Each of its groups has a directory in it.
func where(life, state, group string) []partitions.Option {
	if state == "" {
		return []partitions.Option{partitions.NodeID(life)}
	}
	return []partitions.Option{partitions.NodeID(filepath.Base(state)), partitions.OnDisk(filepath.Join(state, group))}
}
