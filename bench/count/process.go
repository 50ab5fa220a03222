package count

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

// process is a side at work.
type process struct {
	cmd    *exec.Cmd
	stop   context.CancelFunc
	wg     sync.WaitGroup
	exited chan struct{}
	err    error
}

const stopLimit = 30 * time.Second

func start(ctx context.Context, s side, w Work) (*process, error) {
	ctx, stop := context.WithCancel(ctx)
	cmd, err := s.command(ctx, w)
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
	p := &process{cmd: cmd, stop: stop, exited: make(chan struct{})}
	p.wg.Go(func() {
		p.err = cmd.Wait()
		close(p.exited)
	})
	return p, nil
}

// alive fails once the process has ended by itself.
func (p *process) alive() error {
	select {
	case <-p.exited:
		return fmt.Errorf("the side ended early: %w", errors.Join(p.err, os.ErrProcessDone))
	default:
		return nil
	}
}

// end interrupts the process and waits for it.
func (p *process) end() {
	p.stop()
	p.wg.Wait()
}
