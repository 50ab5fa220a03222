package main_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const patience = 2 * time.Minute

// process is a run of `millrace dev`.
type process struct {
	cmd    *exec.Cmd
	ready  chan struct{}
	exited chan struct{}
	err    error

	mu    sync.Mutex
	lines []string
}

// environment is this process's without the servers that it may name.
func environment(extra ...string) []string {
	var env []string
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); name != "KAFKA_URL" && name != "DATABASE_URL" && name != "REDIS_URL" {
			env = append(env, pair)
		}
	}
	return append(env, extra...)
}

// launch starts the program on free ports. change may alter the command before it starts.
func launch(t *testing.T, change func(*exec.Cmd), args ...string) *process {
	t.Helper()
	args = append([]string{"dev", "--http", "127.0.0.1:0", "--kafka", "127.0.0.1:0"}, args...)
	p := &process{
		cmd:   exec.Command(os.Getenv(binaryVariable), args...),
		ready: make(chan struct{}), exited: make(chan struct{}),
	}
	p.cmd.Env = environment()
	p.cmd.Dir = os.TempDir()
	if change != nil {
		change(p.cmd)
	}
	reader, writer := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = writer, writer
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { p.scan(reader) })
	wg.Go(func() {
		p.err = errors.Join(p.cmd.Wait(), writer.Close())
		close(p.exited)
	})
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		wg.Wait()
		if t.Failed() {
			t.Log(p.output())
		}
	})
	return p
}

func (p *process) scan(reader io.Reader) {
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		p.mu.Lock()
		p.lines = append(p.lines, lines.Text())
		p.mu.Unlock()
		if lines.Text() == "ready" || strings.Contains(lines.Text(), "msg=ready") {
			close(p.ready)
		}
	}
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// awaitReady skips the test where there is no PostgreSQL, or fails it where MILLRACE_REQUIRE_SERVERS is set.
func (p *process) awaitReady(t *testing.T) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case <-p.ready:
	case <-p.exited:
		if strings.Contains(p.output(), "PostgreSQL cannot be downloaded") && os.Getenv("MILLRACE_REQUIRE_SERVERS") == "" {
			t.Skipf("SKIPPED, no PostgreSQL: %s", p.output())
		}
		t.Fatalf("it ended before it was ready: %v\n%s", p.err, p.output())
	case <-ctx.Done():
		t.Fatalf("not ready in time\n%s", p.output())
	}
	return p
}

// signal sends s and waits for the end.
func (p *process) signal(t *testing.T, s syscall.Signal) error {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Fatalf("it does not end\n%s", p.output())
	}
	return p.err
}

// at is the address that the line of a part names.
func (p *process) at(t *testing.T, part string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^  ` + part + ` +(\S+)`).FindStringSubmatch(p.output())
	if found == nil {
		t.Fatalf("no line of %s in\n%s", part, p.output())
	}
	return found[1]
}

// openDirectory is a directory that PostgreSQL's own user may enter, unlike t.TempDir.
func openDirectory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "millrace-data") //nolint:usetesting // that user may not enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// command runs an inspection command to its end.
func command(t *testing.T, input string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Getenv(binaryVariable), args...)
	cmd.Env = environment()
	cmd.Stdin = strings.NewReader(input)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}
