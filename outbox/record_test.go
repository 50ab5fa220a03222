package outbox_test

import (
	"bytes"
	"database/sql"
	"errors"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of the database/sql test

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/request"
)

func TestRecordShape(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.relay(f.bus)
	db, err := sql.Open("pgx", f.url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	id := "0190a0a0-0000-7000-8000-000000000001"
	ctx := request.With(t.Context(), request.Info{Tenant: "acme", ID: "r1"})
	if err := outbox.InSQL(tx).Publish(ctx, placed().New(order{ID: "ä", N: 1}, bus.ID(id))).Err(); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	record := f.read(1)[0].Record
	if string(record.Value) != `{"id":"ä","n":1}` || string(record.Key) != "ä" {
		t.Errorf("record %s %s", record.Key, record.Value)
	}
	want := []string{
		"id", "ce_id", "ce_specversion", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_dataschema", "content-type",
		"ce_tenant", "traceparent", "tracestate", "millrace-request-id", "millrace-principal", "millrace-locale",
		"millrace-headers",
	}
	for i, header := range record.Headers {
		if i >= len(want) || header.Key != want[i] {
			t.Errorf("header %d is %s", i, header.Key)
		}
	}
	if record.ID() != id || record.Tenant() != "acme" || record.Type() != "shop.order.placed" {
		t.Errorf("attributes %s %s %s", record.ID(), record.Tenant(), record.Type())
	}
	if header := record.Headers[10]; header.Value != nil {
		t.Errorf("the missing trace is %q, not null", header.Value)
	}
}

func TestBinaryPayload(t *testing.T) {
	t.Parallel()
	f := newFixture(t, outbox.PayloadAs(outbox.Bytes))
	f.relay(f.bus)
	_, err := f.pool.Exec(t.Context(), `INSERT INTO outboxevent (id, aggregatetype, aggregateid, type, payload)
		VALUES (gen_random_uuid(), 'order', '', 'shop.order.placed', '\x00ff7b')`)
	if err != nil {
		t.Fatal(err)
	}
	for record, err := range f.bus.Read(t.Context(), "outbox.event.order", bus.Earliest) {
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(record.Value, []byte{0, 0xff, '{'}) || record.Key == nil || len(record.Key) != 0 {
			t.Errorf("record %q %q", record.Key, record.Value)
		}
		return
	}
}

func TestWriterRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	good := placed().New(order{ID: "good"})
	for name, bad := range map[string]bus.Message{
		"header": placed().New(order{}, bus.WithHeader("\xff", "y")),
		"key":    placed().New(order{ID: "a\x00"}),
		"utf-8":  placed().New(order{ID: "\xff"}),
		"json": bus.Record{Topic: "outbox.event.order", Key: []byte("a"), Value: []byte("{"), Headers: bus.Headers{
			{Key: "id", Value: []byte("0190a0a0-0000-7000-8000-000000000001")},
			{Key: "ce_type", Value: []byte("a.b.c")},
			{Key: "content-type", Value: []byte("application/json")},
		}}.Message(),
	} {
		tx, err := f.pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		results := outbox.In(tx, outbox.Keep()).Publish(t.Context(), good, bad)
		if len(results) != 2 || results[0].Err == nil || !errors.Is(results[1].Err, outbox.ErrMessage) {
			t.Errorf("%s: %+v", name, results)
		}
		if err := outbox.In(tx, outbox.Keep()).Publish(t.Context(), good).Err(); err != nil {
			t.Errorf("%s: the transaction cannot go on: %v", name, err)
		}
		var rows int
		if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM outboxevent").Scan(&rows); err != nil || rows != 1 {
			t.Errorf("%s: %d rows, %v", name, rows, err)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
