package pgnotes_test

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/internal/pgnotes"
	"github.com/millrace/millrace/internal/pgserver"
	"github.com/millrace/millrace/internal/pgtest"
)

func TestOneIsFirst(t *testing.T) {
	t.Parallel()
	url := os.Getenv("DATABASE_URL")
	if url == "" {
		dir, err := os.MkdirTemp("", "notestest") //nolint:usetesting // its rights are another user's
		if err == nil {
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			err = os.Chmod(dir, 0o711)
		}
		pgtest.Require(t, err)
		server, err := pgserver.Start(t.Context(), dir+"/pg", "fsync=off", "shared_buffers=32MB")
		pgtest.Require(t, err)
		t.Cleanup(func() { _ = server.Stop(context.Background()) })
		url = server.URL
	}
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	notes, err := pgnotes.New(pool, "one_is_first")
	if err == nil {
		err = notes.Migrate(t.Context())
	}
	if err == nil {
		_, err = pool.Exec(t.Context(), "TRUNCATE one_is_first")
	}
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	firsts := 0
	for range 8 {
		all.Go(func() {
			if err := notes.Within(t.Context(), func(tx pgx.Tx) error {
				was, first, err := notes.Note(t.Context(), tx, "key", pgnotes.Note{Result: []byte("1")})
				if string(was.Result) != "1" {
					t.Errorf("%+v", was)
				}
				mu.Lock()
				defer mu.Unlock()
				if first {
					firsts++
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if firsts != 1 {
		t.Errorf("%d were first", firsts)
	}
}
