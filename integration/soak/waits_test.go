package soak_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions"
)

// What a worker is other than those of TestSoak, if it is.
const (
	roleVariable = "MILLRACE_SOAK_ROLE"
	waiterRole   = "waiter"
)

const (
	waitsQueue            = "waits"
	waitsEvents bus.Topic = waitsQueue + ".jobs"
	waitsGroup            = "jobs." + waitsQueue
	waitsShards           = 16
	waitsEvery            = 500 * time.Millisecond
)

// waits is a queue whose jobs only say that they were there.
type waits struct {
	seen    []atomic.Uint64 // a bit for each job
	handled atomic.Int64
	kind    *jobs.Kind[int, jobs.None]
}

var errTwice = errors.New("it was done before")

func newWaits(count int) *waits {
	w := &waits{seen: make([]atomic.Uint64, count/64+1)}
	w.kind = jobs.Define("waits", func(_ context.Context, _ *jobs.Attempt, n int) (jobs.None, error) {
		if bit := uint64(1) << (n % 64); w.seen[n/64].Or(bit)&bit != 0 {
			return jobs.None{}, jobs.Discard(errTwice)
		}
		w.handled.Add(1)
		return jobs.None{}, nil
	}, jobs.Queue(waitsQueue), jobs.Shards(waitsShards))
	return w
}

// waiter is a process that has the jobs which wait. It notes how many it has done.
func waiter() (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	count, err := strconv.Atoi(os.Getenv(waitingVariable))
	if err != nil {
		return err
	}
	notes, err := openJournal(os.Getenv(journalVariable))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, notes.close()) }()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	b, err := reach(ctx, os.Getenv(clusterVariable), logger)
	if b == nil {
		return err
	}
	defer b.Close()
	w := newWaits(count)
	r, err := jobs.New(b, waitsQueue, w.kind, jobs.Logger(logger),
		jobs.On(partitions.SessionTimeout(session), partitions.NodeID(os.Getenv(workerVariable))))
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	for {
		select {
		case err := <-ended:
			return errors.Join(err, w.note(notes))
		case <-time.After(waitsEvery):
			if err := w.note(notes); err != nil {
				stop()
				return errors.Join(err, <-ended)
			}
		}
	}
}

func (w *waits) note(j *journal) error {
	return j.write(note{At: monotonic(), What: handles, Number: int(w.handled.Load())})
}

// memoryOf is how many bytes a process has resident, and the most that it had.
func memoryOf(pid int) (now, most int64, err error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, 0, err
	}
	for what, bytes := range map[string]*int64{"VmRSS:": &now, "VmHWM:": &most} {
		_, rest, _ := strings.Cut(string(status), what)
		if _, err := fmt.Sscanf(rest, "%d kB", bytes); err != nil {
			return 0, 0, fmt.Errorf("%s %w", what, err)
		}
		*bytes *= 1024
	}
	return now, most, nil
}
