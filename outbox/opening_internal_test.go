package outbox

import (
	"context"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/internal/pgtest"
)

func migrated(t *testing.T) string {
	t.Helper()
	at := pgtest.Open(t, "wal_level=logical")
	conn, err := pgx.Connect(t.Context(), at)
	if err == nil {
		err = Migrate(t.Context(), conn)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return at
}

func statements(t *testing.T, at string, sql ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), at)
	for _, one := range sql {
		if err == nil {
			_, err = conn.Exec(t.Context(), one)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestSlotMovesWhileOpening lets another reader move the slot between the relay's look at it and its start.
func TestSlotMovesWhileOpening(t *testing.T) {
	t.Parallel()
	at := migrated(t)
	r, err := NewRelay(at)
	if err != nil {
		t.Fatal(err)
	}
	l := &logFeed{relay: r, told: make(chan struct{}, 1)}
	defer func() { _ = l.close(context.WithoutCancel(t.Context())) }()
	if l.conn, err = connect(t.Context(), r.database, "a"); err != nil {
		t.Fatal(err)
	}
	if l.stream, err = openStream(t.Context(), &r.database.Config, "a"); err != nil {
		t.Fatal(err)
	}
	server, err := l.stream.identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if l.from, err = l.resume(t.Context(), logPosition{}, server); err != nil {
		t.Fatal(err)
	}
	statements(t, at, "CREATE TABLE other AS SELECT 1", "SELECT pg_replication_slot_advance('"+Publication+"', pg_current_wal_lsn())")
	if err := l.start(t.Context()); err == nil {
		t.Error("it starts behind where the slot is")
	}
}

// TestSilentServer has servers that may say nothing for minutes or for ever: to a relay they say something sooner.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	at := migrated(t)
	r, err := NewRelay(at)
	if err != nil {
		t.Fatal(err)
	}
	for set, want := range map[string]string{"10min": "1min", "0": "1min", "5s": "5s"} {
		statements(t, at, "ALTER DATABASE postgres SET wal_sender_timeout = '"+set+"'")
		s, err := openStream(t.Context(), &r.database.Config, "a")
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.row(t.Context(), "SHOW wal_sender_timeout")
		if err != nil || string(got[0]) != want {
			t.Errorf("of %s a relay makes %s, want %s: %v", set, got, want, err)
		}
		if err := s.close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestOneServer has two servers of which a relay's two connections reach one each.
func TestOneServer(t *testing.T) {
	t.Parallel()
	one, two := migrated(t), migrated(t)
	first, err := url.Parse(one)
	if err != nil {
		t.Fatal(err)
	}
	second, err := url.Parse(two)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	behind := first.Host
	go func() { // the first server is not up yet when the first connection is made
		for n := 0; ; n++ {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", behind)
			if n == 0 || err != nil {
				_ = near.Close()
				continue
			}
			go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
			go func() { _, _ = io.Copy(near, far); _ = near.Close() }()
		}
	}()
	for _, at := range []string{one, two} {
		statements(t, at, "ALTER ROLE "+first.User.Username()+" PASSWORD 'same'")
	}
	first.User = url.UserPassword(first.User.Username(), "same")
	first.Host = listener.Addr().String() + "," + second.Host
	query := first.Query()
	query.Set("sslmode", "disable")
	first.RawQuery = query.Encode()
	r, err := NewRelay(first.String())
	if err != nil {
		t.Fatal(err)
	}
	feed, err := r.source.open(t.Context(), checkpoint{}, claim{group: "g", token: 1})
	if err == nil {
		_ = feed.close(t.Context())
	}
	if err == nil || !strings.Contains(err.Error(), "lead to two servers") {
		t.Errorf("the log of one server is read after what the other's slot says: %v", err)
	}
}

// TestLagWhileReadingAgain has a relay that died before it confirmed: while its log is read again, the lag is from what
// the slot has confirmed on.
func TestLagWhileReadingAgain(t *testing.T) {
	t.Parallel()
	const written = 2_000_000
	at := migrated(t)
	r, err := NewRelay(at)
	if err != nil {
		t.Fatal(err)
	}
	open := func(from checkpoint) *logFeed {
		opened, err := r.source.open(t.Context(), from, claim{group: "g", token: 1})
		if err != nil {
			t.Fatal(err)
		}
		return opened.(*logFeed)
	}
	first := open(checkpoint{})
	from, _ := first.begins()
	if err := first.close(t.Context()); err != nil {
		t.Fatal(err)
	}
	statements(t, at, "SELECT pg_logical_emit_message(false, 'churn', repeat('x', "+strconv.Itoa(written)+"))", "CHECKPOINT")
	from.Log.End += written
	again := open(from)
	defer func() { _ = again.close(context.WithoutCancel(t.Context())) }()
	if err := again.committed(t.Context(), from); err != nil {
		t.Fatal(err)
	}
	if lag, _ := again.behind(time.Now()); lag < written || lag > 2*written {
		t.Errorf("the lag is %d bytes of %d that were written", lag, written)
	}
}
