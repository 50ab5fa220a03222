package integration_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/s3"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

type scan struct {
	ID     string         `json:"id"`
	Tenant request.Tenant `json:"tenant"`
	Image  string         `json:"image"`
}

// TestClaimCheck publishes large payloads through an outbox whose transactions commit or roll back, lets a group read them on Kafka, and collects.
func TestClaimCheck(t *testing.T) {
	t.Parallel()
	a := newArena(t, shared.Kafka(t).URL, pgtest.Open(t), "scan"+uuid.NewString()[:8])
	store, err := s3.New(shared.S3(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	codec, err := claimcheck.Codec(bus.JSON[scan](), store, claimcheck.Place[scan]{
		Topic: a.topic(), Tenant: func(s scan) request.Tenant { return s.Tenant },
	})
	if err != nil {
		t.Fatal(err)
	}
	event := bus.Define("office."+a.aggregate+".scanned", func(s scan) string { return s.ID }).Encoded(codec)
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	relay, err := outbox.NewRelay(a.database)
	if err != nil {
		t.Fatal(err)
	}
	group, err := partitions.New(a.bus, a.aggregate+"-relay", relay.Part(), partitions.Lanes(1), partitions.Shards(1))
	if err != nil {
		t.Fatal(err)
	}
	handled := make(chan scan, 10)
	go func() { ended <- group.Run(running) }()
	go func() {
		ended <- a.bus.Subscribe(running, a.aggregate+"-reader", bus.On(event, func(_ context.Context, s scan) error {
			handled <- s
			return nil
		}))
	}()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, <-ended); err != nil {
			t.Error(err)
		}
	})
	large := strings.Repeat("page ", 1<<20) // 5 MiB, of which Kafka takes one
	rolledBack := errors.New("rolled back")
	for _, s := range []scan{{"lost", "acme", large}, {"large", "acme", large}, {"small", "acme", "page"}} {
		if err := a.commit(event.New(s), s.ID == "lost", rolledBack); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]int{"large": len(large), "small": 4}
	for range want {
		select {
		case s := <-handled:
			if want[s.ID] != len(s.Image) {
				t.Errorf("%s has %d bytes", s.ID, len(s.Image))
			}
		case <-time.After(patience):
			t.Fatal("an event does not arrive")
		}
	}
	collector, err := claimcheck.NewCollector(a.bus, store, []bus.Topic{a.topic()}, claimcheck.Grace(time.Second),
		claimcheck.Groups(a.aggregate+"-reader"))
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; { // S3 tells seconds; other tests delete topics, which fails a collection
		done, err := collector.Collect(t.Context())
		if err == nil && done.Objects-done.Deleted == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v, %v", done, err)
		}
	}
	for got, err := range bus.Tail(t.Context(), a.bus, event, bus.Earliest, bus.UntilEnd()) {
		if err != nil || !slices.Contains([]int{4, len(large)}, len(got.Value.Image)) {
			t.Errorf("after the collection: %d bytes, %v", len(got.Value.Image), err)
		}
	}
}

// commit writes an event into the outbox, and rolls its transaction back where that is wanted.
func (a *arena) commit(m bus.Message, back bool, rolledBack error) error {
	a.Helper()
	conn, err := pgx.Connect(a.Context(), a.database)
	if err != nil {
		return err
	}
	defer conn.Close(a.Context())
	err = pgx.BeginFunc(a.Context(), conn, func(tx pgx.Tx) error {
		err := outbox.In(tx).Publish(request.With(a.Context(), request.Info{Tenant: "acme"}), m).Err()
		if err == nil && back {
			err = rolledBack
		}
		return err
	})
	if back && errors.Is(err, rolledBack) {
		return nil
	}
	return err
}
