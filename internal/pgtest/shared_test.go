package pgtest_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/internal/pgtest"
)

var shared pgtest.Shared

func TestMain(m *testing.M) {
	shared.M = m
	os.Exit(shared.Run())
}

func TestShared(t *testing.T) { //nolint:tparallel // what follows looks at what the first subtest left
	t.Parallel()
	addresses := map[string]bool{}
	t.Run("databases", func(t *testing.T) {
		for range 2 {
			address, slot := shared.Database(t)
			addresses[address] = true
			conn, err := pgx.Connect(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(t.Context(), "CREATE TABLE own (id int)"); err != nil {
				t.Error(err)
			}
			if _, err := conn.Exec(t.Context(), "SELECT pg_create_logical_replication_slot($1, 'pgoutput')", slot); err != nil {
				t.Error(err)
			}
			if err := conn.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	if len(addresses) == 0 {
		t.Skip("SKIPPED, no PostgreSQL")
	}
	for address := range addresses {
		if conn, err := pgx.Connect(t.Context(), address); err == nil {
			t.Error("a database stayed behind")
			_ = conn.Close(t.Context())
		}
	}
}
