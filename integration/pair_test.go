package integration_test

import (
	"context"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/internal/embedded"
	"github.com/millrace/millrace/internal/pgserver"
	"github.com/millrace/millrace/outbox"
)

// pair is a primary of PostgreSQL 17 and its standby. Clients are given both addresses, and find the primary by themselves.
type pair struct {
	*testing.T
	primary, standby *pgserver.Server
}

func newPair(t *testing.T, standby ...string) *pair {
	t.Helper()
	bin, err := embedded.Downloaded(t.Context(), func(string) embedded.Progress { return func(int64, int64) {} })
	servers.Require(t, err)
	dir, err := os.MkdirTemp("", "pair") //nolint:usetesting // the server's user may not enter t.TempDir
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	p := &pair{T: t}
	begin := func(server *pgserver.Server, err error) *pgserver.Server {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
		return server
	}
	p.primary = begin(bin.Start(t.Context(), dir+"/primary", "fsync=off", "shared_buffers=16MB"))
	p.standby = begin(bin.Follow(t.Context(), dir+"/standby", p.primary, "standby", standby...))
	return p
}

// database is the address of both.
func (p *pair) database() string {
	p.Helper()
	at, err := url.Parse(p.primary.URL)
	if err != nil {
		p.Fatal(err)
	}
	other, err := url.Parse(p.standby.URL)
	if err != nil {
		p.Fatal(err)
	}
	at.Host += "," + other.Host
	query := at.Query()
	query.Set("target_session_attrs", "read-write")
	at.RawQuery = query.Encode()
	return at.String()
}

// on runs statements on a server.
func (p *pair) on(server *pgserver.Server, statements ...string) {
	p.Helper()
	conn, err := pgx.Connect(p.Context(), server.URL)
	if err != nil {
		p.Fatal(err)
	}
	defer conn.Close(p.Context())
	for _, statement := range statements {
		if _, err := conn.Exec(p.Context(), statement); err != nil {
			p.Fatalf("%s: %v", statement, err)
		}
	}
}

// until asks the standby again and again until it says true, and does something on the primary before each time.
func (p *pair) until(question string, before ...string) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, p.standby.URL)
	if err != nil {
		p.Fatal(err)
	}
	defer conn.Close(p.Context())
	poll := time.NewTicker(200 * time.Millisecond)
	defer poll.Stop()
	for answer := false; !answer; <-poll.C {
		p.on(p.primary, before...)
		if err := conn.QueryRow(ctx, question).Scan(&answer); err != nil {
			p.Fatalf("%s: %v", question, err)
		}
	}
}

// sync returns once the standby can go on with the relay's slot, which takes a slot that moves and a primary that notes
// its open transactions. A standby that has looked for slots where there were none would look again after half a minute only.
func (p *pair) sync() {
	p.Helper()
	p.on(p.standby, "ALTER SYSTEM SET sync_replication_slots = on", "SELECT pg_reload_conf()")
	p.until("SELECT coalesce((SELECT synced AND NOT temporary FROM pg_replication_slots WHERE slot_name = '"+outbox.Publication+"'), false)",
		"SELECT pg_log_standby_snapshot()", "SELECT pg_logical_emit_message(false, 'noise', repeat('x', 300000))")
}

// fail kills the primary, and lets the standby take over.
func (p *pair) fail() {
	p.Helper()
	if err := p.primary.Kill(); err != nil {
		p.Fatal(err)
	}
	p.on(p.standby, "SELECT pg_promote()")
}
