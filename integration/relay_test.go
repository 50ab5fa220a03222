package integration_test

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/outbox"
)

// arena is relays of one outbox beside writers.
type arena struct {
	*testing.T
	kafka, database, aggregate string
	bus                        *bus.Bus
	relays                     []*pod // the oldest first, which is the one that works

	mu   sync.Mutex
	seen []bus.Record
}

// newArena makes an outbox in the database, and a topic for the aggregate, which no other arena of the broker has.
func newArena(t *testing.T, kafka, database, aggregate string, opts ...outbox.TableOption) *arena {
	t.Helper()
	a := &arena{T: t, kafka: kafka, database: database, aggregate: aggregate}
	var err error
	if a.bus, err = bus.Open(t.Context(), kafka); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.bus.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := a.bus.Create(t.Context(), bus.TopicSpec{Name: a.topic(), Partitions: 3}); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), a.database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := outbox.Migrate(t.Context(), conn, opts...); err != nil {
		t.Fatal(err)
	}
	a.execute("CREATE TABLE written (writer int, n int, PRIMARY KEY (writer, n))")
	return a
}

func (a *arena) topic() bus.Topic { return bus.Topic("outbox.event." + a.aggregate) }

// execute runs one statement on a connection of its own, and is no more sure of its outcome than a program is.
func (a *arena) execute(sql string) {
	a.Helper()
	conn, err := pgx.Connect(a.Context(), a.database)
	if err != nil {
		a.Fatal(err)
	}
	_, err = conn.Exec(a.Context(), sql)
	if err != nil {
		a.Fatal(err)
	}
	_ = conn.Close(a.Context()) // used no more
}

func (a *arena) enter(args ...string) {
	a.Helper()
	a.relays = append(a.relays, runPod(a.T, []string{"KAFKA_URL=" + a.kafka, "DATABASE_URL=" + a.database, "OUTBOX_GROUP=" + a.aggregate},
		append([]string{"relay", "--http", "127.0.0.1:0"}, args...)...))
}

// crashDatabase kills a server process, at which PostgreSQL ends all others and recovers from its log.
func (a *arena) crashDatabase() {
	a.Helper()
	conn, err := pgx.Connect(a.Context(), a.database)
	if err != nil {
		a.Fatal(err)
	}
	if err := syscall.Kill(int(conn.PgConn().PID()), syscall.SIGKILL); err != nil {
		a.Fatal(err)
	}
	_ = conn.Close(a.Context()) // it has been cut off
}

// watch takes in what is on the topic until the test ends, through whatever happens to the broker.
func (a *arena) watch(ctx context.Context) {
	for record, err := range a.bus.Read(ctx, a.topic(), bus.Earliest) {
		if err != nil {
			a.Errorf("read: %v", err)
			return
		}
		a.mu.Lock()
		a.seen = append(a.seen, record)
		a.mu.Unlock()
	}
}

func (a *arena) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.seen)
}

// until waits for records.
func (a *arena) until(what string, n int) {
	a.Helper()
	limit := time.After(2 * patience)
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for a.count() < n {
		select {
		case <-limit:
			for _, relay := range a.relays {
				_ = relay.cmd.Process.Signal(syscall.SIGQUIT) // it says where it stands
			}
			a.Fatalf("%s: %d records of %d", what, a.count(), n)
		case <-poll.C:
		}
	}
}

// TestRelaysFight crashes relays, the database and a broker of three under transactions of which some are rolled back: what is
// on the topic is what was committed, once, and in order. A broker without others may lose, as it starts again, the markers of a transaction that
// it had begun to commit (Kafka 4.3.1), and nobody reads past it.
func TestRelaysFight(t *testing.T) {
	t.Parallel()
	cluster, err := servers.StartCluster(t.Context(), 3, t.TempDir())
	servers.Require(t, err)
	t.Cleanup(func() {
		if err := cluster.Close(); err != nil {
			t.Error(err)
		}
	})
	a := newArena(t, cluster.URL, pgtest.Open(t), "account")
	a.enter()
	a.enter()
	watching, unwatch := context.WithCancel(t.Context())
	writing, rest := context.WithCancel(t.Context())
	var watcher, writers sync.WaitGroup
	watcher.Go(func() { a.watch(watching) })
	defer func() { rest(); writers.Wait(); unwatch(); watcher.Wait() }()
	for w := range 4 {
		writers.Go(func() { a.writeOn(writing, w) })
	}
	kill := func() {
		a.relays[0].end(t, syscall.SIGKILL)
		a.relays = a.relays[1:]
		a.enter()
	}
	freeze := func() { _ = a.relays[0].cmd.Process.Signal(syscall.SIGSTOP) } // it runs
	thaw := func() {
		_ = a.relays[0].cmd.Process.Signal(syscall.SIGCONT) // it stands still
		a.relays = append(a.relays[1:], a.relays[0])
	}
	restart := func() {
		if err := cluster.Kill(0); err != nil {
			t.Fatal(err)
		}
		if err := cluster.Restart(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"kill the relay", kill},
		{"crash the database", a.crashDatabase},
		{"the relay stands still", freeze},
		{"it wakes", thaw},
		{"kill a broker", restart},
		{"kill the relay again", kill},
		{"and crash the database", a.crashDatabase},
		{"and again", kill},
	} {
		began, before := time.Now(), a.count()
		step.do()
		a.until(step.name, max(before, a.count())+200)
		t.Logf("%s: %s until 200 more records", step.name, time.Since(began).Round(time.Millisecond))
	}
	rest()
	writers.Wait()
	a.judge()
}
