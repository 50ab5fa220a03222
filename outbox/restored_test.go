package outbox_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/pgserver"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/outbox"
)

// TestRestoredDisk lets a server run on from an older copy of its disk, until its log is longer than what was read. It has
// the same identity and timeline, and other transactions in the same places. Between the copy and the last thing that was
// read of the first server is an event, or only what is none.
func TestRestoredDisk(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		meanwhile func(*fixture)
		why       string
	}{
		"an event":  {func(f *fixture) { f.published(2) }, "the transaction that was published last is not in the server's log"},
		"idle time": {(*fixture).idle, "rows in the server's log where there were none to publish"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			copied, original := f.restore(of.meanwhile)
			for n := range 20 {
				f.write(true, placed().New(order{ID: "other", N: n}))
			}
			f.churn()
			door := f.door()
			r, end := f.relay(f.bus)
			f.wait(func() bool { return r.Status().Halted })
			door.Store(&original.Host) // the right server is there again
			f.wait(func() bool { return r.Status().Working })
			end()
			door.Store(&copied.Host)
			r, end = f.relay(f.bus)
			gap := f.gapped(r, end, of.why)
			var longer bool
			if err := f.pool.QueryRow(t.Context(), "SELECT pg_current_wal_lsn() > $1::text::pg_lsn",
				gap.After.String()).Scan(&longer); err != nil || !longer {
				t.Fatalf("the log does not reach beyond what was published: %v", err)
			}
			f.relay(f.bus, outbox.AcceptGap(gap.After))
			f.others(20)
		})
	}
}

// restore copies the disk of a server that has published an event, lets the server go on meanwhile, and leads the fixture
// to one that runs from the copy.
func (f *fixture) restore(meanwhile func(*fixture)) (copied, original *url.URL) {
	f.Helper()
	dir, err := os.MkdirTemp("", "restored")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = os.RemoveAll(dir) })
	stop := f.serve(dir + "/pg")
	if err := outbox.Migrate(f.Context(), f.pool, outbox.Slot(f.slot)); err != nil {
		f.Fatal(err)
	}
	f.published(1)
	stop()
	if output, err := exec.CommandContext(f.Context(), "cp", "-a", dir+"/pg", dir+"/copy").CombinedOutput(); err != nil {
		f.Fatalf("%v: %s", err, output)
	}
	f.Cleanup(f.serve(dir + "/pg"))
	meanwhile(f)
	original = f.at()
	f.Cleanup(f.serve(dir + "/copy"))
	return f.at(), original
}

func (f *fixture) at() *url.URL {
	f.Helper()
	at, err := url.Parse(f.url)
	if err != nil {
		f.Fatal(err)
	}
	return at
}

// published writes an event, and runs a relay until all are there.
func (f *fixture) published(n int) {
	f.Helper()
	f.write(true, placed().New(order{ID: "a", N: n}))
	_, end := f.relay(f.bus)
	defer end()
	f.read(n)
}

// idle runs a relay until it has read log that has nothing for it.
func (f *fixture) idle() {
	f.Helper()
	r, end := f.relay(f.bus)
	defer end()
	place := f.churn()
	f.wait(func() bool { return r.Status().Confirmed >= place })
}

// churn writes so much log that a relay notes where it is, and says up to where.
func (f *fixture) churn() (place outbox.LSN) {
	f.Helper()
	var at string
	if _, err := f.pool.Exec(f.Context(), "SELECT pg_logical_emit_message(false, 'churn', repeat('x', 2000000))"); err != nil {
		f.Fatal(err)
	}
	err := f.pool.QueryRow(f.Context(), "SELECT pg_current_wal_lsn()::text").Scan(&at)
	if err == nil {
		place, err = outbox.ParseLSN(at)
	}
	if err != nil {
		f.Fatal(err)
	}
	return place
}

// others waits until the events that were written into a copy are published. The one before it may come again.
func (f *fixture) others(n int) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 30*time.Second)
	defer cancel()
	missing := map[int]bool{}
	for i := range n {
		missing[i] = true
	}
	for event, err := range bus.Tail(ctx, f.bus, placed(), bus.Earliest) {
		if err != nil {
			f.Fatalf("%d events of the copy are not published: %v", len(missing), err)
		}
		if event.Value.ID == "other" {
			delete(missing, event.Value.N)
		}
		if len(missing) == 0 {
			return
		}
	}
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

// door leads the relays of the fixture to the server where it is now, or to another one.
func (f *fixture) door() *atomic.Pointer[string] {
	f.Helper()
	at := f.at()
	target := &atomic.Pointer[string]{}
	host := at.Host
	target.Store(&host)
	listener, err := (&net.ListenConfig{}).Listen(f.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", *target.Load())
			if err != nil {
				_ = near.Close()
				continue
			}
			go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
			go func() { _, _ = io.Copy(near, far); _ = near.Close() }()
		}
	}()
	at.Host = listener.Addr().String()
	f.url = at.String()
	return target
}
