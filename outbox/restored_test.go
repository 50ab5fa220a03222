package outbox_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/pgserver"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/outbox"
)

// TestRestoredDisk lets a server run on from an older copy of its disk, until its log is longer than what was published.
// It has the same identity and timeline, and other transactions in the same places.
func TestRestoredDisk(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	dir, err := os.MkdirTemp("", "restored") //nolint:usetesting // the server's user may not enter t.TempDir
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	stop := f.serve(dir + "/pg")
	if err := outbox.Migrate(t.Context(), f.pool, outbox.Slot(f.slot)); err != nil {
		t.Fatal(err)
	}
	f.published(1)
	stop()
	if output, err := exec.CommandContext(t.Context(), "cp", "-a", dir+"/pg", dir+"/copy").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	stop = f.serve(dir + "/pg")
	f.published(2)
	stop()
	stop = f.serve(dir + "/copy")
	defer stop()
	for n := range 20 {
		f.write(true, placed().New(order{ID: "other", N: n}))
	}
	r, end := f.relay(f.bus)
	gap := f.gapped(r, end, "older copy of its disk")
	var longer bool
	if err := f.pool.QueryRow(t.Context(), "SELECT pg_current_wal_lsn() > $1::text::pg_lsn", gap.After.String()).Scan(&longer); err != nil || !longer {
		t.Fatalf("the log does not reach beyond what was published: %v", err)
	}
	f.relay(f.bus, outbox.AcceptGap(gap.After))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	missing := map[int]bool{}
	for n := range 20 {
		missing[n] = true
	}
	for event, err := range bus.Tail(ctx, f.bus, placed(), bus.Earliest) { // the one before the copy may come again
		if err != nil {
			t.Fatal(err)
		}
		if event.Value.ID == "other" {
			delete(missing, event.Value.N)
		}
		if len(missing) == 0 {
			return
		}
	}
	t.Errorf("%d events of the copy are not published", len(missing))
}

// published writes an event, and runs a relay until all are there.
func (f *fixture) published(n int) {
	f.Helper()
	f.write(true, placed().New(order{ID: "a", N: n}))
	_, end := f.relay(f.bus)
	defer end()
	f.read(n)
}

// serve starts the server of a directory, and leads the fixture to it.
func (f *fixture) serve(dir string) (stop func()) {
	f.Helper()
	server, err := pgserver.Start(f.Context(), dir, "fsync=off", "shared_buffers=16MB")
	pgtest.Require(f, err)
	f.url = server.URL
	if f.pool, err = pgxpool.New(f.Context(), f.url); err != nil {
		f.Fatal(err)
	}
	pool := f.pool
	return func() {
		pool.Close()
		if err := server.Stop(context.WithoutCancel(f.Context())); err != nil {
			f.Error(err)
		}
	}
}
