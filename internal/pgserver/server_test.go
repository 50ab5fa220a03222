package pgserver_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/internal/pgserver"
	"github.com/millrace/millrace/internal/pgtest"
)

func TestStart(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.Open(t))
	if err != nil {
		t.Fatal(err)
	}
	var level string
	if err := conn.QueryRow(t.Context(), "SHOW wal_level").Scan(&level); err != nil || level != "logical" {
		t.Fatalf("wal_level %q, %v", level, err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "pgserver") //nolint:usetesting // the server's user may not enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	first, err := pgserver.Start(t.Context(), dir+"/pg", "fsync=off")
	pgtest.Require(t, err)
	second, err := pgserver.Start(t.Context(), dir+"/pg")
	if err != nil {
		t.Fatal(err)
	}
	if !second.Adopted || second.URL != first.URL {
		t.Errorf("adopted %t, at the same address %t", second.Adopted, second.URL == first.URL)
	}
	if err := second.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	third, err := pgserver.Start(t.Context(), dir+"/pg")
	if err != nil || third.Adopted {
		t.Fatalf("after a stop: %v", err)
	}
	if err := third.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}
