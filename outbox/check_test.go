package outbox_test

import (
	"context"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/pgserver"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/observe"
	"github.com/millrace/millrace/outbox"
)

// TestReachable asks a server that takes writes, one that does not, one that is stopped, and one that is there again.
func TestReachable(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "pgtest") //nolint:usetesting // the server's user may not enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	server, err := pgserver.Start(t.Context(), dir+"/pg", "fsync=off", "shared_buffers=16MB")
	pgtest.Require(t, err)
	defer func() { _ = server.Stop(context.Background()) }()
	pool, err := pgxpool.New(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	check := outbox.Reachable(pool)
	says := func(when, want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := check.Ask(ctx)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", when, err, want)
		}
	}
	says("a server that runs", "")
	if _, err := pool.Exec(t.Context(), "ALTER SYSTEM SET default_transaction_read_only = on"); err != nil {
		t.Fatal(err)
	}
	execute(t, server.URL, "SELECT pg_reload_conf()")
	pool.Reset()
	says("a server that takes no writes", "takes no writes")
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	says("a server that is stopped", "connect")
}

// TestRelayCheck has a row wait, behind a relay that Kafka does not answer.
func TestRelayCheck(t *testing.T) {
	t.Parallel()
	f, line := newFixture(t), newIce(nil)
	own, err := bus.Open(t.Context(), f.broker, bus.Dialer(line.dial))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = own.Close() }()
	relay, stop := f.relay(own)
	defer stop()
	check, lag := relay.Check(), relay.Lagging(500*time.Millisecond, math.MaxInt64)
	if check.Name != "relay" || check.Criticality != observe.Critical || lag.Name != "relay lag" || lag.Criticality != observe.Advisory {
		t.Errorf("%+v, %+v", check, lag)
	}
	f.write(true, placed().New(order{ID: "1"}))
	f.wait(func() bool { return relay.Status().Published == 1 })
	if err := check.Ask(t.Context()); err != nil {
		t.Error(err)
	}
	f.wait(func() bool { return lag.Ask(t.Context()) == nil })
	line.freeze()
	f.write(true, placed().New(order{ID: "2"}))
	var late, much error
	f.wait(func() bool {
		if late == nil {
			late = lag.Ask(t.Context())
			much = relay.Lagging(time.Hour, 0).Ask(t.Context())
		}
		return late != nil
	})
	if !strings.Contains(late.Error(), "longer than 500ms") || much == nil || !strings.Contains(much.Error(), "of log are behind") {
		t.Errorf("%v, %v", late, much)
	}
	line.melt()
}
