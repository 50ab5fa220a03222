package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/pgtest"
)

// logged reads the slot's changes, and makes records of rows and of messages.
func logged(t *testing.T, conn *pgx.Conn) (rows, said []bus.Record) {
	t.Helper()
	connector, err := readConnector(recommended)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := conn.Query(t.Context(), `SELECT data FROM pg_logical_slot_get_binary_changes($1::text::name, NULL, NULL,
		'proto_version', '1', 'publication_names', $1::text, 'messages', 'true')`, Publication)
	if err != nil {
		t.Fatal(err)
	}
	inLog := messages{connector: connector}
	var table *router
	var data []byte
	_, err = pgx.ForEachRow(changes, []any{&data}, func() error {
		change, err := decodeWAL(slices.Clone(data))
		if err != nil {
			return err
		}
		switch change := change.(type) {
		case walRelation:
			table, err = newRouter(change, connector)
		case walInsert:
			if table.polled(change.values) {
				return nil
			}
			var record bus.Record
			record, err = table.record(change.values)
			rows = append(rows, record)
		case walMessage:
			var record bus.Record
			if record, err = inLog.record(change); !change.transactional || change.prefix != "outboxevent" {
				t.Errorf("a message with the prefix %q", change.prefix)
			}
			said = append(said, record)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, said
}

// TestLogOnlyRecordsAreTheSame writes the same messages into a table and into the log alone.
func TestLogOnlyRecordsAreTheSame(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.Open(t, "wal_level=logical"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for _, opts := range [][]TableOption{{LogOnly()}, {PayloadAs(Text)}, {LogOnly()}} {
		if err := Migrate(t.Context(), conn, opts...); err != nil {
			t.Fatal(err)
		}
	}
	var msgs []bus.Message
	for i, value := range []string{`{"a": 1}`, `text "ä" \u0000 <&>` + "\u2028\n", "", strings.Repeat("900 KB ", 128<<10)} {
		msgs = append(msgs, bus.Record{Topic: "outbox.event.order", Key: []byte(fmt.Sprint("k", i)), Value: []byte(value), Headers: bus.Headers{
			{Key: "ce_id", Value: fmt.Append(nil, "0190a0a0-0000-7000-8000-00000000000", i)}, {Key: "traceparent", Value: []byte("00-\"")},
		}}.Message())
	}
	msgs = append(msgs, bus.Record{Topic: "elsewhere", Headers: bus.Headers{
		{Key: "ce_id", Value: []byte("no uuid")}, {Key: "x", Value: []byte{0xff}},
	}}.Message())
	for _, test := range []struct {
		how TableOption
		end error
	}{{PayloadAs(Text), nil}, {LogOnly(), nil}, {LogOnly(), pgx.ErrTxCommitRollback}} {
		err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
			return errors.Join(In(tx, test.how).Publish(t.Context(), msgs...).Err(), test.end)
		})
		if !errors.Is(err, test.end) {
			t.Fatal(err)
		}
	}
	rows, said := logged(t, conn)
	if len(rows) != len(msgs) || len(said) != len(msgs) {
		t.Fatalf("%d rows and %d messages of %d", len(rows), len(said), len(msgs))
	}
	for i := range rows {
		if a, b := fmt.Sprintf("%#v", rows[i]), fmt.Sprintf("%#v", said[i]); a != b {
			t.Errorf("of the table:\n%.900s\nof the log:\n%.900s", a, b)
		}
	}
}

func TestLogOnlyRefuses(t *testing.T) {
	t.Parallel()
	for _, bad := range []TableOption{Keep(), PayloadAs(Bytes), PayloadAs(JSONB)} {
		if _, err := newTable([]TableOption{LogOnly(), bad}); !errors.Is(err, ErrTable) {
			t.Errorf("it goes with another option: %v", err)
		}
	}
	binary := bus.Record{Topic: "outbox.event.order", Key: []byte("k"), Value: []byte{0xff}}
	w := newWriter([]TableOption{LogOnly()}, nil)
	if err := w.Publish(t.Context(), binary.Message()).Err(); !errors.Is(err, ErrMessage) || !strings.Contains(err.Error(), "use a table") {
		t.Errorf("a binary payload: %v", err)
	}
	for _, content := range []string{"", "[]", `{"id"`, `{"id":}`, `{"id":"1"`, `{"id":"1"} `, `{"id":1,"payload":{"a": [1]},"aggregatetype":null}`} {
		_, values, err := openMessage(walMessage{content: []byte(content)})
		if whole := strings.HasSuffix(content, "}") && !strings.Contains(content, ":}") || strings.HasSuffix(content, " "); whole != (err == nil) {
			t.Errorf("%s: %q, %v", content, values, err)
		}
		if len(values) == 3 && fmt.Sprintf("%s", values) != `[1 {"a": [1]} ]` {
			t.Errorf("%s: %s", content, values)
		}
	}
}
