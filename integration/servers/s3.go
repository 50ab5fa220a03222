package servers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/millrace/millrace/bus/claimcheck/s3"
)

// S3 has a bucket on a server with the API of Amazon S3: Versity's gateway on a directory, at the version that tools/s3 pins, where it is started.
// It has no image: where Docker is asked for, it is a process as well, which needs Go, and minutes the first time. Without an address its bucket
// is an empty one; one from S3_URL is taken as it is.
func S3(ctx context.Context) (*Server, error) {
	return kind{name: "S3", variable: "S3_URL", docker: s3Process, process: s3Process}.start(ctx)
}

const bucket = "millrace"

func s3Process(ctx context.Context) (*Server, error) {
	g, err := S3Process(ctx)
	if err != nil {
		return nil, err
	}
	return &Server{URL: g.URL, end: g.Close}, nil
}

// Gateway is an S3 server of a test's own, which the test may stop and start.
type Gateway struct {
	// URL is its address, as [S3] gives it.
	URL string

	build func(dir string) *exec.Cmd
	p     *process
}

// S3Process starts one.
func S3Process(ctx context.Context) (*Gateway, error) {
	program, err := gateway(ctx)
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return nil, err
	}
	at, key, secret := "127.0.0.1:"+strconv.Itoa(ports[0]), "millrace", rand.Text()
	g := &Gateway{URL: fmt.Sprintf("s3://%s:%s@%s/%s?region=us-east-1&tls=false&path=true", key, secret, at, bucket)}
	g.build = func(dir string) *exec.Cmd {
		data, about, old := filepath.Join(dir, "data"), filepath.Join(dir, "about"), filepath.Join(dir, "old")
		for _, folder := range []string{data, about, old, filepath.Join(data, bucket)} {
			_ = os.Mkdir(folder, 0o700) //nolint:mnd // for its owner; the gateway tells what is missing
		}
		args := []string{"--port", at, "--quiet", "posix", "--sidecar", about, "--versioning-dir", old, data}
		cmd := exec.Command(program, args...) //nolint:noctx // end stops it
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+key, "ROOT_SECRET_KEY="+secret)
		return cmd
	}
	if g.p, err = launch(g.build); err != nil {
		return nil, err
	}
	return g, g.await(ctx)
}

// await waits for its answers, and ends it where there are none.
func (g *Gateway) await(ctx context.Context) error {
	if err := await(ctx, askS3(g.URL), g.p.alive); err != nil {
		return errors.Join(err, g.p.end(), errors.New(g.p.output.lastWords()))
	}
	return nil
}

// Pause lets it hang: it takes connections, and answers nothing.
func (g *Gateway) Pause() { g.p.signal(syscall.SIGSTOP) }

// Kill ends it with SIGKILL, hanging or not. What it has stored stays.
func (g *Gateway) Kill() {
	g.p.signal(syscall.SIGKILL)
	g.p.wg.Wait()
}

// Restart starts it anew, where it was, after [Gateway.Kill].
func (g *Gateway) Restart(ctx context.Context) error {
	dir := g.p.dir
	p, err := spawn(g.build(dir))
	if err != nil {
		return err
	}
	p.dir, g.p = dir, p
	return g.await(ctx)
}

// Close ends it, and removes what it kept.
func (g *Gateway) Close() error {
	g.p.signal(syscall.SIGCONT)
	return g.p.end()
}

// gateway builds the server with the Go command, which keeps it in its cache.
func gateway(ctx context.Context) (string, error) {
	if err := need("go"); err != nil {
		return "", err
	}
	_, here, _, _ := runtime.Caller(0)
	cmd := exec.CommandContext(ctx, "go", "tool", "-n", "versitygw")
	cmd.Dir = filepath.Join(filepath.Dir(here), "..", "..", "tools", "s3")
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	path, err := cmd.Output()
	if failed, ended := errors.AsType[*exec.ExitError](err); ended {
		var said tail
		_, _ = said.Write(failed.Stderr) // it cannot fail
		err = errors.Join(err, errors.New(said.lastWords()))
	}
	if err != nil {
		return "", fmt.Errorf("build the S3 server: %w", err)
	}
	return strings.TrimSpace(string(path)), nil
}

func askS3(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		store, err := s3.New(url)
		if err != nil {
			return err
		}
		defer store.Close()
		return store.Ping(ctx)
	}
}
