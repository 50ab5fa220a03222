package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/partitions"
)

// scanner publishes large events through an outbox of its own, whose relay runs or stands.
type scanner struct {
	*testing.T
	waits

	conn  *pgx.Conn
	store claimchecktest.Memory
	event bus.Event[string]
}

func newScanner(t *testing.T, opts ...outbox.TableOption) *scanner {
	t.Helper()
	s := &scanner{T: t, waits: waits{outboxNames{outbox.Publication, "outboxevent", "scans"}, pgtest.Open(t), nil, time.Second}}
	event := bus.Define("office.scan.made", func(string) string { return "1" })
	codec, err := claimcheck.Codec(bus.JSON[string](), &s.store, claimcheck.Place[string]{Topic: event.Contract().Topic()}, claimcheck.Over(10))
	s.must(err)
	s.event = event.Encoded(codec)
	s.bus = bustest.Open(t, s.event)
	s.must(s.bus.Create(t.Context(), bus.TopicSpec{Name: event.Contract().Topic(), Partitions: 1}))
	s.conn, err = pgx.Connect(t.Context(), s.database)
	s.must(err)
	t.Cleanup(func() { _ = s.conn.Close(context.WithoutCancel(t.Context())) })
	s.must(outbox.Migrate(t.Context(), s.conn, opts...))
	return s
}

func (s *scanner) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// write commits an event whose payload is in the store.
func (s *scanner) write(opts ...outbox.TableOption) {
	s.Helper()
	s.must(pgx.BeginFunc(s.Context(), s.conn, func(tx pgx.Tx) error {
		return outbox.In(tx, opts...).Publish(s.Context(), s.event.New(strings.Repeat("page ", 10))).Err()
	}))
}

// relay runs until the returned function is called.
func (s *scanner) relay(opts ...outbox.RelayOption) (stop func()) {
	s.Helper()
	relay, err := outbox.NewRelay(s.database, opts...)
	s.must(err)
	group, err := partitions.New(s.bus, s.group, relay.Part(), partitions.Lanes(1), partitions.Shards(1))
	s.must(err)
	ctx, cancel := context.WithCancel(s.Context())
	ended := make(chan error, 1)
	go func() { ended <- group.Run(ctx) }()
	return func() {
		s.Helper()
		cancel()
		s.must(<-ended)
	}
}

// collect deletes all that nothing refers to and that waits for nobody, however young.
func (s *scanner) collect() (claimcheck.Collection, error) {
	s.Helper()
	collector, err := claimcheck.NewCollector(s.bus, &s.store, []bus.Topic{s.event.Contract().Topic()}, append(s.options(), claimcheck.Grace(1))...)
	s.must(err)
	return collector.Collect(s.Context())
}

// await collects until it does what is wanted.
func (s *scanner) await(wanted func(claimcheck.Collection) bool) {
	s.Helper()
	for deadline := time.Now().Add(90 * time.Second); ; {
		done, err := s.collect()
		if err == nil && wanted(done) {
			return
		}
		if time.Now().After(deadline) {
			s.Fatalf("%+v, %v", done, err)
		}
	}
}

func says(err error, all ...string) bool {
	return !slices.ContainsFunc(all, func(one string) bool { return !strings.Contains(err.Error(), one) })
}

// TestWaitsInLog collects while rows wait in the log that a relay has not read yet: before there has been one, and after it stands.
func TestWaitsInLog(t *testing.T) {
	t.Parallel()
	s := newScanner(t)
	s.write()
	if done, err := s.collect(); err == nil || done.Deleted != 0 || !says(err, "nothing is deleted", outbox.Publication, "heartbeat.interval.ms") {
		t.Fatalf("no relay has run: %+v, %v", done, err)
	}
	stop := s.relay()
	s.await(func(done claimcheck.Collection) bool { return done.Kept == 1 && done.Deleted == 0 })
	orphan := "outbox.event.scan/-/claim-00000000000000000000000000000000"
	s.must(s.store.Put(t.Context(), orphan, nil, ""))
	s.await(func(done claimcheck.Collection) bool { return done.Deleted == 1 })
	stop()
	s.write()
	if done, err := s.collect(); err != nil || done.Deleted != 0 || done.Young != 1 || done.Kept != 1 {
		t.Fatalf("the relay stands, and a row waits: %+v, %v", done, err)
	}
	stop = s.relay()
	s.await(func(done claimcheck.Collection) bool { return done.Kept == 2 && done.Deleted == 0 })
	stop()
}

// TestWaitsInTable collects while a row waits in a table that a relay has not looked at yet.
func TestWaitsInTable(t *testing.T) {
	t.Parallel()
	s := newScanner(t, outbox.Polled())
	s.write(outbox.Polled())
	if done, err := s.collect(); err == nil || done.Deleted != 0 {
		t.Fatalf("a row waits: %+v, %v", done, err)
	}
	stop := s.relay(outbox.Polled())
	s.await(func(done claimcheck.Collection) bool { return done.Kept == 1 && done.Deleted == 0 })
	stop()
}

// TestOutboxUnknown asks a database that has no such outbox, and one that is away.
func TestOutboxUnknown(t *testing.T) {
	t.Parallel()
	s := newScanner(t)
	s.slot, s.table = "another", "another"
	if _, err := s.since(t.Context()); err == nil || !strings.Contains(err.Error(), "--outbox-slot") ||
		!strings.Contains(err.Error(), "--database ''") {
		t.Errorf("another slot: %v", err)
	}
	s.database = "postgres://scans:hunter2@127.0.0.1:1/scans?connect_timeout=1"
	_, err := s.since(t.Context())
	if err == nil || !strings.Contains(err.Error(), "nothing is deleted") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("it is away: %v", err)
	}
}
