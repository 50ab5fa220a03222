package integration_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/locks"
)

// lockManager runs a manager until the test ends.
func lockManager(t *testing.T, b *bus.Bus, group string, opts ...locks.Option) *locks.Manager {
	t.Helper()
	m, err := locks.New(b, group, opts...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := m.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(func() { stop(); run.Wait() })
	return m
}

func lockGroup() string { return "g" + uuid.NewString()[:8] }

func TestLocksFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	group := lockGroup()
	var managers []*locks.Manager
	for range 4 {
		managers = append(managers, lockManager(t, open(t), group))
	}
	var tokens []int64 // guarded by the lock alone
	var contenders sync.WaitGroup
	for i := range 100 {
		contenders.Go(func() {
			lease, err := managers[i%len(managers)].Acquire(t.Context(), "one")
			if err != nil {
				t.Error(err)
				return
			}
			tokens = append(tokens, lease.Token())
			if err := lease.Release(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	contenders.Wait()
	if len(tokens) != 100 {
		t.Fatalf("%d of 100 had the lock", len(tokens))
	}
	for i := range tokens[1:] {
		if tokens[i+1] <= tokens[i] {
			t.Fatalf("%d was served after %d", tokens[i+1], tokens[i])
		}
	}
}

const (
	lockLease     = 3 * time.Second
	lockHolderEnv = "MILLRACE_TEST_LOCK_HOLDER"
)

// TestLockHolder is the process that other tests kill: it holds the lock "one" of a group, and tells about it.
func TestLockHolder(t *testing.T) { //nolint:paralleltest // it has its process for itself
	group := os.Getenv(lockHolderEnv)
	if group == "" {
		t.Skip("this is a process of other tests")
	}
	lease, err := lockManager(t, open(t), group, locks.LeaseTime(lockLease)).Acquire(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(os.Stdout, "\nholding %d\n", lease.Token())
	<-lease.Lost()
	fmt.Fprintf(os.Stdout, "\nlost %v\n", lease.Err())
	_ = lease.Release(t.Context())
}

// lockHolder is a process that holds the lock.
type lockHolder struct {
	process *os.Process
	lines   *bufio.Scanner
	token   int64
}

func startLockHolder(t *testing.T, group string) *lockHolder {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestLockHolder$")
	cmd.Env = append(os.Environ(), lockHolderEnv+"="+group, "MILLRACE_SERVERS=environment", "KAFKA_URL="+shared.Kafka(t).URL)
	output, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	h := &lockHolder{process: cmd.Process, lines: bufio.NewScanner(output)}
	if h.token, err = strconv.ParseInt(h.says(t, "holding "), 10, 64); err != nil {
		t.Fatal(err)
	}
	return h
}

// says returns what follows in the next line that begins so.
func (h *lockHolder) says(t *testing.T, begin string) string {
	t.Helper()
	for h.lines.Scan() {
		if rest, ok := strings.CutPrefix(h.lines.Text(), begin); ok {
			return rest
		}
	}
	t.Fatalf("the holder never said %q: %v", begin, h.lines.Err())
	return ""
}

func TestLockHolderIsKilled(t *testing.T) { //nolint:paralleltest // it measures
	group := lockGroup()
	holder := startLockHolder(t, group)
	waiter := lockManager(t, open(t), group, locks.LeaseTime(lockLease))
	queued, killed := make(chan struct{}, 1), make(chan time.Time, 1)
	go func() {
		<-queued
		at := time.Now()
		_ = holder.process.Kill()
		killed <- at
	}()
	next, err := waiter.With(locks.Position(func(int) {
		select {
		case queued <- struct{}{}:
		default:
		}
	})).Acquire(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(<-killed)
	t.Logf("handed over %s after the kill, with a lease of %s", took, lockLease)
	if took < lockLease/2 || took > lockLease+2*time.Second || next.Token() <= holder.token {
		t.Errorf("handed over after %s; token %d after %d", took, next.Token(), holder.token)
	}
	if err := next.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLockHolderIsPaused(t *testing.T) { //nolint:paralleltest // its lease is short
	group := lockGroup()
	holder := startLockHolder(t, group)
	waiter := lockManager(t, open(t), group, locks.LeaseTime(lockLease))
	if err := holder.process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	next, err := waiter.Acquire(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	if next.Token() <= holder.token {
		t.Errorf("token %d does not fence %d", next.Token(), holder.token)
	}
	if err := holder.process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if said := holder.says(t, "lost "); said != locks.ErrLost.Error() {
		t.Errorf("the holder woke up and said %q", said)
	}
	if err := next.Err(); err != nil && !errors.Is(err, locks.ErrReleased) {
		t.Errorf("the new holder lost it: %v", err)
	}
	if err := next.Release(t.Context()); err != nil {
		t.Error(err)
	}
}
