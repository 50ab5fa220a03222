package pgtest

import (
	"context"
	"os"
	"testing"

	"github.com/millrace/millrace/internal/pgserver"
)

// Open starts a server that ends with the test, and returns its address.
func Open(t testing.TB, settings ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgtest") //nolint:usetesting // the server's user may not enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	server, err := pgserver.Start(t.Context(), dir+"/pg", append([]string{"fsync=off", "shared_buffers=16MB"}, settings...)...)
	Require(t, err)
	t.Cleanup(func() {
		if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return server.URL
}

// Require skips the test where the server cannot be had, or fails it where MILLRACE_REQUIRE_SERVERS is set.
func Require(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case os.Getenv("MILLRACE_REQUIRE_SERVERS") != "":
		t.Fatalf("PostgreSQL is required: %v", err)
	default:
		t.Skipf("SKIPPED, no PostgreSQL: %v", err)
	}
}
