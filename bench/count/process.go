package count

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
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

// clockTick is the unit of CPU time in /proc, fixed on Linux.
const clockTick = 10 * time.Millisecond

// cpu is the time that the process has used, all threads together.
func (p *process) cpu() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/stat")
	if err != nil {
		return 0, err //nolint:wrapcheck // a bench
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name may hold blanks
	fields := strings.Fields(rest)
	const user, system = 11, 12 // fields 14 and 15 of proc_pid_stat(5)
	if len(fields) <= system {
		return 0, fmt.Errorf("stat is %q", stat)
	}
	total := time.Duration(0)
	for _, field := range fields[user : system+1] {
		ticks, err := strconv.Atoi(field)
		if err != nil {
			return 0, err //nolint:wrapcheck // a bench
		}
		total += time.Duration(ticks) * clockTick
	}
	return total, nil
}

// peak is the most memory that was resident, in MB.
func (p *process) peak() (float64, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0, err //nolint:wrapcheck // a bench
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes float64
	if _, err := fmt.Sscanf(rest, "%f kB", &kilobytes); err != nil {
		return 0, fmt.Errorf("VmHWM: %w", err)
	}
	return kilobytes * 1024 / 1e6, nil //nolint:mnd // kB are 1024 bytes there
}
