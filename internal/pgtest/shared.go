package pgtest

import (
	"context"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/internal/pgserver"
)

// Shared is one server for all tests of a package: that of DATABASE_URL, or one that the first test starts. The
// package's TestMain sets M and runs it, by itself or under goleak.
type Shared struct {
	*testing.M
	mu     sync.Mutex
	dir    string
	server *pgserver.Server
	err    error
	names  int
}

// Run runs the tests and stops the server, and returns the exit code.
func (s *Shared) Run() int {
	code := s.M.Run()
	if s.server != nil && s.server.Stop(context.Background()) != nil {
		code = 1
	}
	if s.dir != "" && os.RemoveAll(s.dir) != nil {
		code = 1
	}
	return code
}

// Database makes a database, and returns its address and its name, which may serve for a replication slot too. Both
// end with the test.
func (s *Shared) Database(t testing.TB) (address, name string) {
	t.Helper()
	root, name, err := s.address(t.Context())
	Require(t, err)
	at, err := url.Parse(root)
	if err != nil {
		t.Fatal("DATABASE_URL is no URL")
	}
	at.Path = "/" + name
	execute(t, root, "CREATE DATABASE "+name)
	t.Cleanup(func() {
		execute(t, at.String(), "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots "+
			"WHERE database = current_database() AND active")
		execute(t, at.String(), "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()")
		execute(t, root, "DROP DATABASE "+name+" WITH (FORCE)")
	})
	return at.String(), name
}

// address starts the server where needed, and gives a name that no other test has.
func (s *Shared) address(ctx context.Context) (address, name string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names++
	name = "test_" + strconv.Itoa(os.Getpid()) + "_" + strconv.Itoa(s.names)
	if given := os.Getenv("DATABASE_URL"); given != "" {
		return given, name, nil
	}
	if s.dir == "" {
		if s.dir, s.err = os.MkdirTemp("", "pgtest"); s.err == nil {
			s.err = os.Chmod(s.dir, 0o711)
		}
		if s.err == nil {
			s.server, s.err = pgserver.Start(context.WithoutCancel(ctx), s.dir+"/pg", "fsync=off", "shared_buffers=32MB", "wal_sender_timeout=5s")
		}
	}
	if s.err != nil {
		return "", "", s.err
	}
	return s.server.URL, name, nil
}

// execute runs statements on a connection of their own, after the test too.
func execute(t testing.TB, address string, statements ...string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, strings.Join(statements, ";")); err != nil {
		t.Error(err)
	}
	if err := conn.Close(ctx); err != nil {
		t.Error(err)
	}
}
