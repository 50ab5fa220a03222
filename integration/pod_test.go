package integration_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const patience = 90 * time.Second

// binary is cmd/millrace, built when the first test needs it.
type binary struct {
	once      sync.Once
	dir, path string
	err       error
}

func (b *binary) build(t testing.TB) string {
	t.Helper()
	b.once.Do(func() {
		if b.dir, b.err = os.MkdirTemp("", "millrace-integration"); b.err != nil { //nolint:usetesting // other tests use it too
			return
		}
		b.path = filepath.Join(b.dir, "millrace")
		output, err := exec.Command("go", "build", "-o", b.path, "github.com/millrace/millrace/cmd/millrace").CombinedOutput()
		if err != nil {
			b.err = errors.Join(err, errors.New(string(output)))
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.path
}

func (b *binary) remove() error {
	if b.dir == "" {
		return nil
	}
	return os.RemoveAll(b.dir)
}

// pod is a process of `millrace serve` or `millrace relay`.
type pod struct {
	cmd    *exec.Cmd
	url    string
	ready  chan struct{}
	exited chan struct{}
	wg     sync.WaitGroup

	mu    sync.Mutex
	lines []string
}

// startPod starts a pod of the shop on the shared servers.
func startPod(t *testing.T) *pod {
	t.Helper()
	return runPod(t, []string{"KAFKA_URL=" + shared.Kafka(t).URL, "DATABASE_URL=" + shared.Postgres(t).URL, "REDIS_URL=" + shared.Redis(t).URL},
		"serve", "--http", "127.0.0.1:0", "--drain-delay", "10ms")
}

// runPod returns once the pod is ready. It is ended with the test.
func runPod(t *testing.T, env []string, args ...string) *pod {
	t.Helper()
	p := launchPod(t, env, args...)
	p.awaitReady(t)
	return p
}

// launchPod returns at once. The pod is ended with the test.
func launchPod(t *testing.T, env []string, args ...string) *pod {
	t.Helper()
	cmd := exec.Command(shared.binary.build(t), args...)
	cmd.Env = append(os.Environ(), env...)
	return launch(t, cmd)
}

// launch runs a command that is a pod.
func launch(t *testing.T, cmd *exec.Cmd) *pod {
	t.Helper()
	p := &pod{cmd: cmd, ready: make(chan struct{}), exited: make(chan struct{})}
	reader, writer := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = writer, writer
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.wg.Go(func() { p.scan(reader) })
	p.wg.Go(func() {
		_ = errors.Join(p.cmd.Wait(), writer.Close()) // a killed process has an error
		close(p.exited)
	})
	t.Cleanup(func() {
		p.end(t, syscall.SIGTERM)
		if t.Failed() {
			t.Log(p.output())
		}
	})
	return p
}

func (p *pod) awaitReady(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case <-p.ready:
	case <-p.exited:
		t.Fatalf("the pod ended before it was ready\n%s", p.output())
	case <-ctx.Done():
		t.Fatalf("the pod is not ready in time\n%s", p.output())
	}
}

var readyLine = regexp.MustCompile(`msg=ready http=(\S+)`)

func (p *pod) scan(reader io.Reader) {
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		p.mu.Lock()
		p.lines = append(p.lines, lines.Text())
		p.mu.Unlock()
		if found := readyLine.FindStringSubmatch(lines.Text()); found != nil {
			p.url = "http://" + found[1]
			close(p.ready)
		}
	}
}

func (p *pod) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// end sends the signal and waits for the end, which SIGKILL brings where the signal does not.
func (p *pod) end(t *testing.T, signal syscall.Signal) {
	t.Helper()
	_ = p.cmd.Process.Signal(signal) // it may have ended
	late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	p.wg.Wait()
	if !late.Stop() {
		t.Error("the pod did not end")
	}
}
