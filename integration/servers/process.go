package servers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// stopLimit bounds how long a server may take to end before it is killed.
const stopLimit = 20 * time.Second

// process is a server of this machine. dir, if any, is removed with it.
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
	p, err := spawn(build(dir))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	p.dir = dir
	return p, nil
}

// spawn starts the command. What it says goes to logs, too.
func spawn(cmd *exec.Cmd, logs ...io.Writer) (*process, error) {
	p := &process{cmd: cmd, exited: make(chan struct{})}
	said := io.MultiWriter(append(logs, &p.output)...)
	p.cmd.Stdout, p.cmd.Stderr = said, said
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = stopLimit
	if err := p.cmd.Start(); err != nil {
		return nil, err
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

// signal reaches the process and all that it started; it may have ended.
func (p *process) signal(s syscall.Signal) { _ = syscall.Kill(-p.cmd.Process.Pid, s) }

// end stops the process and all that it started, and removes the directory.
func (p *process) end() error {
	p.signal(syscall.SIGTERM)
	patience := time.AfterFunc(stopLimit, func() { p.signal(syscall.SIGKILL) })
	p.wg.Wait()
	patience.Stop()
	if p.dir == "" {
		return nil
	}
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
