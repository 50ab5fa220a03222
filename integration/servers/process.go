package servers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// stopLimit bounds how long a server may take to end before it is killed.
const stopLimit = 20 * time.Second

// process is a server of this machine, with a directory of its own.
type process struct {
	cmd    *exec.Cmd
	dir    string
	output tail
	wg     sync.WaitGroup
	exited chan struct{}
	err    error
}

// launch starts the command that build makes for a new directory.
func launch(build func(dir string) *exec.Cmd) (*process, error) {
	dir, err := os.MkdirTemp("", "millrace-server")
	if err != nil {
		return nil, err
	}
	p := &process{cmd: build(dir), dir: dir, exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = stopLimit
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	p.wg.Go(func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	})
	return p, nil
}

// serve makes a server of the process once it answers, and ends it if it does not.
func (p *process) serve(ctx context.Context, url string, ask func(context.Context) error) (*Server, error) {
	if err := await(ctx, ask, p.alive); err != nil {
		return nil, errors.Join(err, p.end(), errors.New(p.output.lastWords()))
	}
	return &Server{URL: url, end: p.end}, nil
}

func (p *process) alive(context.Context) error {
	select {
	case <-p.exited:
		return fmt.Errorf("%s ended: %w", p.cmd.Args[0], cmp.Or(p.err, errors.New("exit status 0")))
	default:
		return nil
	}
}

// end stops the process and all that it started, and removes the directory.
func (p *process) end() error {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM) // it may have ended
	patience := time.AfterFunc(stopLimit, func() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) })
	p.wg.Wait()
	patience.Stop()
	return os.RemoveAll(p.dir)
}

// need says which programs are missing.
func need(programs ...string) error {
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("install %s: %w", program, err)
		}
	}
	return nil
}
