package pgserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a running PostgreSQL server with wal_level = logical, on a free port of the loopback interface.
type Server struct {
	// URL is its address, password included.
	URL string
	// Adopted says that the server was running already.
	Adopted bool

	pid  int
	data string
	done chan error
}

const (
	role       = "millrace"
	startLimit = 60 * time.Second
	stopLimit  = 30 * time.Second
	pollEvery  = 50 * time.Millisecond
)

// Start runs the installed server on dir, which is made and initialised when it is new; settings are "name=value". A
// server that runs on dir already is adopted.
func Start(ctx context.Context, dir string, settings ...string) (*Server, error) {
	if s, err := Adopt(ctx, dir); s != nil || err != nil {
		return s, err
	}
	version, err := DataVersion(dir)
	if err != nil {
		return nil, err
	}
	bin, err := Installed(ctx, version)
	if err != nil {
		return nil, err
	}
	return bin.Start(ctx, dir, settings...)
}

// Adopt takes over the server that runs on dir, or returns nil where none does.
func Adopt(ctx context.Context, dir string) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	s := &Server{data: filepath.Join(dir, "data"), done: make(chan error, 1), Adopted: true}
	pid, port, ok := running(s.data)
	if !ok {
		return nil, nil //nolint:nilnil // none is no error
	}
	password, err := keptPassword(dir)
	if err != nil {
		return nil, err
	}
	s.pid, s.URL = pid, address(password, port)
	return s, s.await(ctx)
}

// Start is as the function of that name, with these programs.
func (b Binaries) Start(ctx context.Context, dir string, settings ...string) (*Server, error) {
	if s, err := Adopt(ctx, dir); s != nil || err != nil {
		return s, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	own, err := serverOwner()
	if err != nil {
		return nil, err
	}
	if err := own.claim(dir); err != nil {
		return nil, err
	}
	s := &Server{data: filepath.Join(dir, "data"), done: make(chan error, 1)}
	password, err := initialise(ctx, own, b, dir, s.data)
	if err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	s.URL = address(password, port)
	if err := s.launch(own, b, dir, port, settings); err != nil {
		return nil, err
	}
	if err := s.await(ctx); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *Server) launch(own owner, bin Binaries, dir string, port int, settings []string) error {
	args := []string{
		"-D", s.data, "-p", strconv.Itoa(port), "-k", "", "-c", "listen_addresses=127.0.0.1", "-c", "wal_level=logical",
		"-c", "max_replication_slots=20", "-c", "max_wal_senders=20",
	}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	logName := filepath.Join(dir, "postgres.log")
	logFile, err := os.OpenFile(logName, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // in the server's own folder
	if err != nil {
		return fmt.Errorf("pgserver: %w", err)
	}
	defer logFile.Close() //nolint:errcheck // the child has its own descriptor
	cmd := own.command(dir, filepath.Join(string(bin), "postgres"), args...)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("pgserver: start postgres: %w", err)
	}
	s.pid = cmd.Process.Pid
	go func() { s.done <- cmd.Wait() }() // ends with the child, which Stop waits for
	return nil
}

// await returns once the server answers.
func (s *Server) await(ctx context.Context) error {
	for {
		conn, err := pgx.Connect(ctx, s.URL)
		if err == nil {
			return conn.Close(ctx) //nolint:wrapcheck // it was only a question
		}
		select {
		case exit := <-s.done:
			s.done <- exit
			return fmt.Errorf("pgserver: postgres ended (%w): %s", exit, lastWords(filepath.Join(filepath.Dir(s.data), "postgres.log")))
		case <-ctx.Done():
			return fmt.Errorf("pgserver: postgres does not answer: %w", err)
		case <-time.After(pollEvery):
		}
	}
}

// Stop ends the server: connections are cut and everything is written to disk.
func (s *Server) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	if err := syscall.Kill(s.pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("pgserver: stop: %w", err)
	}
	for syscall.Kill(s.pid, 0) == nil {
		select {
		case <-s.done: //nolint:errcheck // it was told to end
			return nil
		case <-ctx.Done():
			return fmt.Errorf("pgserver: postgres (pid %d) does not stop: %w", s.pid, ctx.Err())
		case <-time.After(pollEvery):
		}
	}
	return nil
}

// running reads the lock file of a live server: its first line is the process id, its fourth the port.
func running(data string) (pid, port int, ok bool) {
	content, err := os.ReadFile(filepath.Join(data, "postmaster.pid")) //nolint:gosec // in the server's own folder
	if err != nil {
		return 0, 0, false
	}
	lines := strings.Split(string(content), "\n")
	if len(lines) < 4 {
		return 0, 0, false
	}
	pid, errPID := strconv.Atoi(strings.TrimSpace(lines[0]))
	port, errPort := strconv.Atoi(strings.TrimSpace(lines[3]))
	if errPID != nil || errPort != nil || syscall.Kill(pid, 0) != nil {
		return 0, 0, false
	}
	if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err == nil && !strings.HasPrefix(string(name), "post") {
		// The number went to another program after the server was killed; PostgreSQL would take that for its own.
		return 0, 0, os.Remove(filepath.Join(data, "postmaster.pid")) != nil
	}
	return pid, port, true
}

func address(password string, port int) string {
	at := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, password), Path: "/postgres",
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), RawQuery: "sslmode=disable",
	}
	return at.String()
}

func freePort(ctx context.Context) (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("pgserver: find a port: %w", err)
	}
	defer listener.Close()                          //nolint:errcheck // the port was only looked up
	return listener.Addr().(*net.TCPAddr).Port, nil //nolint:forcetypeassert // a TCP listener has a TCP address
}
