package outbox_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
)

// TestJSONBTakes holds what the writer takes for a column of jsonb and of json against what PostgreSQL takes.
func TestJSONBTakes(t *testing.T) {
	t.Parallel()
	f := newFixture(t, outbox.PayloadAs(outbox.JSONB))
	for _, payload := range []string{
		`"\u0000"`, `"\\u0000"`, `"\\\u0000"`, `{"\u0000":1}`, `"\ud800"`, `"\ud83d\ude00"`, `"\ude00\ud83d"`, `"\ud800\u0041"`,
		`"\ud83dx"`, `"\\ud800"`, `"\uD83D\uDE00"`,
		`1e131071`, `1e131072`, `-1.5E+200000`, `0e200000`, `1e-16383`, `1e-16384`, `1.25e-16381`, `1.25e-16382`, `1e99999999999`,
		strings.Repeat("9", 131072), strings.Repeat("9", 131073), `0.` + strings.Repeat("1", 16383), `0.` + strings.Repeat("1", 16384),
		`[1,2.5e3,{"a":"b\n"},null,true]`,
		strings.Repeat("[", 6000) + strings.Repeat("]", 6000), strings.Repeat("[", 9999) + strings.Repeat("]", 9999),
	} {
		_, err := f.pool.Exec(t.Context(), "SELECT $1::text::jsonb", payload)
		tx, begun := f.pool.Begin(t.Context())
		if begun != nil {
			t.Fatal(begun)
		}
		message := bus.Record{Topic: "outbox.event.order", Key: []byte("a"), Value: []byte(payload), Headers: bus.Headers{
			{Key: "content-type", Value: []byte("application/json")},
		}}.Message()
		published := outbox.In(tx, outbox.PayloadAs(outbox.JSONB)).Publish(t.Context(), message).Err()
		if _, broken := tx.Exec(t.Context(), "SELECT"); broken != nil || (published == nil) != (err == nil) {
			t.Errorf("%.30s (%d bytes): PostgreSQL says %v, the writer %v, and then the transaction %v", payload, len(payload), err,
				published, broken)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
