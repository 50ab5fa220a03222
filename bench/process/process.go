package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/millrace/millrace/bench/procfs"
)

// Process is a side at work.
type Process struct {
	cmd    *exec.Cmd
	stop   context.CancelFunc
	wg     sync.WaitGroup
	exited chan struct{}
	err    error
}

const stopLimit = 30 * time.Second

// Start starts what build makes. It is interrupted when ctx ends, and killed when that does not help.
func Start(ctx context.Context, build func(context.Context) (*exec.Cmd, error)) (*Process, error) {
	ctx, stop := context.WithCancel(ctx)
	cmd, err := build(ctx)
	if err != nil {
		stop()
		return nil, err
	}
	cmd.Stderr, cmd.WaitDelay = os.Stderr, stopLimit
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		stop()
		return nil, err //nolint:wrapcheck // a bench
	}
	p := &Process{cmd: cmd, stop: stop, exited: make(chan struct{})}
	p.wg.Go(func() {
		p.err = cmd.Wait()
		close(p.exited)
	})
	return p, nil
}

// Alive fails once the process has ended by itself.
func (p *Process) Alive() error {
	select {
	case <-p.exited:
		return fmt.Errorf("the side ended early: %w", errors.Join(p.err, os.ErrProcessDone))
	default:
		return nil
	}
}

// End interrupts the process and waits for it.
func (p *Process) End() {
	p.stop()
	p.wg.Wait()
}

// Kill ends the process as kill -9 does.
func (p *Process) Kill() error { return p.cmd.Process.Kill() } //nolint:wrapcheck // a bench

// CPU is the time that the process has used.
func (p *Process) CPU() (time.Duration, error) { return procfs.CPU(p.cmd.Process.Pid) }

// Peak is the most memory that was resident, in MB.
func (p *Process) Peak() (float64, error) { return procfs.Peak(p.cmd.Process.Pid) }

// Resident is the memory that is resident now, in MB.
func (p *Process) Resident() (float64, error) { return procfs.Resident(p.cmd.Process.Pid) }
