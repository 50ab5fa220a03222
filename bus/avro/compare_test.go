package avro_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/avro"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	codec := avro.Codec[any](avro.Text(`"null"`))
	const both, backward, forward = " (breaks older and newer consumers)",
		" (breaks newer consumers reading older events)", " (breaks older consumers reading newer events)"
	const a = `{"name":"a","type":"int"}`
	enum := func(symbols string) string { return `{"type":"enum","name":"E","symbols":[` + symbols + `]}` }
	for _, test := range []struct{ older, newer, want string }{
		{record(a), `{"name":"R","doc":"said","type":"record","fields":[{"type":{"type":"int"},"name":"a","doc":"more"}]}`, ""},
		{record(a), record(a + `,{"name":"b","type":"int"}`), "b: added without a default, but stored events do not have it" + backward},
		{record(a), record(a + `,{"name":"b","type":"int","default":1}`), "b: added with a default"},
		{record(a), record(``), "a: removed, but consumers of the older version require it: it had no default" + forward},
		{record(`{"name":"a","type":"int","default":1}`), record(``), "a: removed"},
		{record(`{"name":"a","type":"int","default":1}`), record(`{"name":"a","type":"int","default":2}`), "a: the default changed"},
		{record(`{"name":"a","type":"int","default":1}`), record(a), "a: has no default any more"},
		{record(a), record(`{"name":"a","type":"int","default":1}`), "a: has a default now"},
		{record(a), record(`{"name":"a","type":"long"}`), "a: type changed from int to long" + forward},
		{record(a), record(`{"name":"a","type":"string"}`), "a: type changed from int to string" + both},
		{record(a), record(`{"name":"b","type":"int","aliases":["a"]}`), "b: renamed from a" + forward},
		{record(a), record(`{"name":"a","type":["null","int"]}`), "a: became a union; a: can be null now" + forward},
		{record(`{"name":"a","type":["null","int"]}`), record(a), "a: is no longer a union; a: can no longer be null" + backward},
		{record(`{"name":"a","type":["null","int"]}`), record(`{"name":"a","type":["int","null"]}`), "a: the branches of the union are in another order"},
		{record(a + `,{"name":"b","type":"int"}`), record(`{"name":"b","type":"int"},` + a), "the payload: the fields are in another order"},
		{
			record(`{"name":"a","type":{"type":"array","items":` + strings.Replace(record(a), `"R"`, `"I"`, 1) + `}}`),
			record(`{"name":"a","type":{"type":"array","items":` + strings.Replace(record(`{"name":"a","type":"bytes"}`), `"R"`, `"I"`, 1) + `}}`), "a[].a: type changed from int to bytes" + both,
		},
		{`{"type":"map","values":"int"}`, `{"type":"map","values":"boolean"}`, "{}: type changed from int to boolean" + both},
		{enum(`"A"`), enum(`"A","B"`), "the payload: the symbol B was added" + forward},
		{enum(`"A","B"`), enum(`"B"`), "the payload: the symbol A was removed" + backward},
		{enum(`"A","B"`), enum(`"B","A"`), "the payload: the symbols are in another order"},
		{`{"type":"fixed","name":"F","size":1}`, `{"type":"fixed","name":"F","size":2}`, "the payload: the size changed from 1 to 2" + both},
		{record(a), strings.Replace(record(a), `"R"`, `"S"`, 1), "the payload: renamed from R to S" + both},
		{record(a), strings.Replace(record(a), `"R"`, `"ns.R"`, 1), "the payload: renamed from R to ns.R"},
		{`{"type":"long","logicalType":"timestamp-millis"}`, `{"type":"long","logicalType":"timestamp-micros"}`, "the payload: the meaning changed from logicalType:timestamp-millis to logicalType:timestamp-micros" + both},
		{record(`{"name":"n","type":["null","R"]}`), record(`{"name":"n","type":["null","R"]},{"name":"b","type":"int","default":1}`), "b: added with a default"},
	} {
		changes, err := codec.Compare(schema(test.older), schema(test.newer))
		lines := make([]string, len(changes))
		for i, change := range changes {
			lines[i] = change.String()
		}
		if got := strings.Join(lines, "; "); err != nil || got != test.want {
			t.Errorf("%s -> %s\n got %q, %v\nwant %q", test.older, test.newer, got, err, test.want)
		}
	}
	for _, wrong := range [][2]bus.Schema{{schema(`{`), schema(`"int"`)}, {schema(`"int"`), schema(`{`)}} {
		if _, err := codec.Compare(wrong[0], wrong[1]); err == nil {
			t.Errorf("%v was compared", wrong)
		}
	}
}
