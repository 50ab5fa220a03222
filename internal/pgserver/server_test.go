package pgserver_test

import (
	"context"
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

func TestFollow(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "pgserver") //nolint:usetesting // the server's user may not enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	bin, err := pgserver.Installed(t.Context(), 0)
	pgtest.Require(t, err)
	primary, err := bin.Start(t.Context(), dir+"/primary", "fsync=off")
	pgtest.Require(t, err)
	conn, err := pgx.Connect(t.Context(), primary.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "CREATE TABLE said (word text); INSERT INTO said VALUES ('before')"); err != nil {
		t.Fatal(err)
	}
	standby, err := bin.Follow(t.Context(), dir+"/standby", primary, "standby", "hot_standby_feedback=on")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := standby.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	if _, err := conn.Exec(t.Context(), "INSERT INTO said VALUES ('after')"); err != nil {
		t.Fatal(err)
	}
	other, err := pgx.Connect(t.Context(), standby.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(t.Context())
	var words string
	for words != "before after" {
		if err := other.QueryRow(t.Context(), "SELECT string_agg(word, ' ') FROM said").Scan(&words); err != nil {
			t.Fatal(err)
		}
	}
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	var writable bool
	err = other.QueryRow(t.Context(), "SELECT pg_promote()").Scan(&writable)
	if err == nil && writable {
		_, err = other.Exec(t.Context(), "INSERT INTO said VALUES ('and on')")
	}
	if err != nil {
		t.Error(err)
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
