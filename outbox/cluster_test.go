package outbox_test

import (
	"context"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/pgserver"
	"github.com/millrace/millrace/internal/pgtest"
)

// cluster is the one server of all tests: that of DATABASE_URL, or one that the first test starts.
type cluster struct {
	*testing.M
	mu     sync.Mutex
	dir    string
	server *pgserver.Server
	err    error
	names  int
}

var shared cluster

func TestMain(m *testing.M) {
	shared.M = m
	goleak.VerifyTestMain(&shared)
}

// Run stops the server before leaks are looked for.
func (c *cluster) Run() int {
	code := c.M.Run()
	if c.server != nil && c.server.Stop(context.Background()) != nil {
		code = 1
	}
	if c.dir != "" && os.RemoveAll(c.dir) != nil {
		code = 1
	}
	return code
}

// address starts the server where needed.
func (c *cluster) address(ctx context.Context) (address, name string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names++
	name = "outbox_test_" + strconv.Itoa(os.Getpid()) + "_" + strconv.Itoa(c.names)
	if given := os.Getenv("DATABASE_URL"); given != "" {
		return given, name, nil
	}
	if c.dir == "" {
		if c.dir, c.err = os.MkdirTemp("", "outboxtest"); c.err == nil {
			c.err = os.Chmod(c.dir, 0o711)
		}
		if c.err == nil {
			c.server, c.err = pgserver.Start(context.WithoutCancel(ctx), c.dir+"/pg", "fsync=off", "shared_buffers=32MB", "wal_sender_timeout=5s")
		}
	}
	if c.err != nil {
		return "", "", c.err
	}
	return c.server.URL, name, nil
}

// database makes a database that ends with the test, with its slot. The name serves for both.
func database(t testing.TB) (address, name string) {
	t.Helper()
	root, name, err := shared.address(t.Context())
	pgtest.Require(t, err)
	at, err := url.Parse(root)
	if err != nil {
		t.Fatal("DATABASE_URL is no URL")
	}
	at.Path = "/" + name
	execute(t, root, "CREATE DATABASE "+name)
	t.Cleanup(func() {
		execute(t, at.String(), "SELECT pg_terminate_backend(active_pid, "+
			"5000) FROM pg_replication_slots WHERE database = current_database() AND active")
		execute(t, at.String(), "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()")
		execute(t, root, "DROP DATABASE "+name+" WITH (FORCE)")
	})
	return at.String(), name
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
