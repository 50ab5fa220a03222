package avro_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	hamba "github.com/hamba/avro/v2"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/avro"
)

func schema(text string) bus.Schema { return bus.Schema{Type: bus.SchemaAvro, Text: text} }

// resolve writes a value by one schema and reads it by another, as JSON.
func resolve(t testing.TB, writer, reader string, value any) (string, error) {
	t.Helper()
	data, err := avro.Codec[any](avro.Text(writer)).Encode(value)
	if err != nil {
		t.Fatalf("%s: %v", writer, err)
	}
	v, err := avro.Codec[any](avro.Text(reader)).(bus.Resolver[any]).Resolve(data, schema(writer))
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(v)
	return string(text), err
}

func record(fields string) string { return `{"type":"record","name":"R","fields":[` + fields + `]}` }

func TestResolve(t *testing.T) {
	t.Parallel()
	const list = `{"name":"n","type":"int"},{"name":"next","type":["null","R"]}`
	for _, test := range []struct {
		writer, reader string
		value          any
		want           string
	}{
		{`"int"`, `"long"`, 7, `7`},
		{`"int"`, `"double"`, -7, `-7`},
		{`"long"`, `"float"`, int64(3), `3`},
		{`"float"`, `"double"`, float32(1.5), `1.5`},
		{`"bytes"`, `"string"`, []byte("x"), `"x"`},
		{`"string"`, `["null","string"]`, "x", `"x"`},
		{`["null","int"]`, `"int"`, 7, `7`},
		{`["null","int"]`, `["long","null"]`, 7, `7`},
		{`["null","int"]`, `"int"`, nil, `null was written and int is read`},
		{`{"type":"array","items":"int"}`, `{"type":"array","items":"long"}`, []any{1, 2}, `[1,2]`},
		{`{"type":"map","values":"int"}`, `{"type":"map","values":"double"}`, map[string]any{"a": 1}, `{"a":1}`},
		{`{"type":"enum","name":"E","symbols":["A","B"]}`, `{"type":"enum","name":"E","symbols":["B","A"]}`, "B", `"B"`},
		{`{"type":"enum","name":"E","symbols":["A","B"]}`, `{"type":"enum","name":"E","symbols":["A"],"default":"A"}`, "B", `"A"`},
		{`{"type":"enum","name":"E","symbols":["A","B"]}`, `{"type":"enum","name":"E","symbols":["A"]}`, "B", `a symbol was written`},
		{`{"type":"fixed","name":"F","size":2}`, `{"type":"fixed","name":"F","size":3}`, [2]byte{}, `F was written and F is read`},
		{record(`{"name":"a","type":"int"},{"name":"b","type":"int"}`), record(`{"name":"b","type":"long"},{"name":"a","type":"int"}`), map[string]any{"a": 1, "b": 2}, `{"a":1,"b":2}`},
		{record(`{"name":"a","type":"int"},{"name":"gone","type":"string"}`), record(`{"name":"a","type":"int"}`), map[string]any{"a": 1, "gone": "x"}, `{"a":1}`},
		{record(`{"name":"a","type":"int"}`), record(`{"name":"b","type":"int","aliases":["a"]}`), map[string]any{"a": 1}, `{"b":1}`},
		{record(`{"name":"a","type":"int"}`), record(`{"name":"a","type":"int"},{"name":"b","type":"string"}`), map[string]any{"a": 1}, `b was not written and has no default`},
		{
			record(``), record(`{"name":"a","type":["null","int"],"default":null},{"name":"b","type":["int","null"],"default":7},{"name":"c","type":"bytes","default":"\u00ff"},
			{"name":"d","type":{"type":"array","items":"string"},"default":["x"]},{"name":"e","type":{"type":"map","values":"double"},"default":{"k":1.5}},
			{"name":"f","type":{"type":"enum","name":"E","symbols":["A","B"]},"default":"B"},{"name":"g","type":"boolean","default":true},
			{"name":"h","type":{"type":"record","name":"H","fields":[{"name":"i","type":"long","default":3},{"name":"j","type":"float"}]},"default":{"j":2}}`),
			map[string]any{},
			`{"a":null,"b":7,"c":"/w==","d":["x"],"e":{"k":1.5},"f":"B","g":true,"h":{"i":3,"j":2}}`,
		},
		{record(list), record(list + `,{"name":"m","type":"int","default":9}`), map[string]any{"n": 1, "next": map[string]any{"R": map[string]any{"n": 2, "next": nil}}}, `"m":9,"n":2,"next":null`},
	} {
		got, err := resolve(t, test.writer, test.reader, test.value)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s as %s: %s, want %s", test.writer, test.reader, got, test.want)
		}
	}
	strange := avro.Codec[any](avro.Text(`"int"`)).(bus.Resolver[any])
	for _, writer := range []bus.Schema{{Type: bus.SchemaJSON, Text: `"int"`}, schema(`{`)} {
		if _, err := strange.Resolve([]byte{2}, writer); err == nil {
			t.Errorf("%v was taken for a writer's schema", writer)
		}
	}
}

// drawSchema makes a schema of a few kinds, so that two of them are often compatible.
func drawSchema(t *rapid.T, depth int) string {
	kinds := []string{`"int"`, `"long"`, `"double"`, `"string"`, `"bytes"`, `{"type":"enum","name":"E","symbols":["A"]}`}
	if depth == 0 {
		return rapid.SampledFrom(kinds[:5]).Draw(t, "kind")
	}
	switch rapid.IntRange(0, 4).Draw(t, "shape") {
	case 0:
		return `{"type":"array","items":` + drawSchema(t, depth-1) + `}`
	case 1:
		return `["null",` + rapid.SampledFrom(kinds).Draw(t, "branch") + `]`
	case 2:
		return rapid.SampledFrom(kinds).Draw(t, "kind")
	}
	var fields []string
	for _, name := range []string{"a", "b", "c"} {
		if !rapid.Bool().Draw(t, name) {
			continue
		}
		switch rapid.IntRange(0, 2).Draw(t, "field") {
		case 0:
			fields = append(fields, `{"name":"`+name+`","type":["null","int"],"default":null}`)
		case 1:
			fields = append(fields, `{"name":"`+name+`","type":"long","default":5}`)
		default:
			fields = append(fields, `{"name":"`+name+`","type":`+drawSchema(t, 0)+`}`)
		}
	}
	return record(strings.Join(fields, ","))
}

// drawValue makes a value of a schema, in the form that the library takes.
func drawValue(t *rapid.T, schema hamba.Schema) any {
	switch s := schema.(type) {
	case *hamba.RecordSchema:
		value := map[string]any{}
		for _, field := range s.Fields() {
			value[field.Name()] = drawValue(t, field.Type())
		}
		return value
	case *hamba.ArraySchema:
		return []any{drawValue(t, s.Items()), drawValue(t, s.Items())}
	case *hamba.UnionSchema:
		return drawValue(t, rapid.SampledFrom(s.Types()).Draw(t, "branch"))
	case *hamba.EnumSchema:
		return s.Symbols()[0]
	}
	return map[hamba.Type]any{
		hamba.Int: 7, hamba.Long: int64(8), hamba.Double: 1.5, hamba.String: "x", hamba.Bytes: []byte("y"),
	}[schema.Type()]
}

func TestCompatibleIsReadable(t *testing.T) {
	t.Parallel()
	codec := avro.Codec[any](avro.Text(`"null"`))
	rapid.Check(t, func(t *rapid.T) {
		older, newer := drawSchema(t, 2), drawSchema(t, 2)
		was, is := hamba.MustParse(older), hamba.MustParse(newer)
		changes, err := codec.Compare(schema(older), schema(newer))
		if err != nil {
			t.Fatal(err)
		}
		var breaks bus.Compatibility
		for _, change := range changes {
			breaks |= change.Breaks
		}
		for direction, pair := range map[bus.Compatibility][2]hamba.Schema{bus.Backward: {is, was}, bus.Forward: {was, is}} {
			rules := hamba.NewSchemaCompatibility() // it remembers answers by fingerprints, which leave defaults out
			if compatible := rules.Compatible(pair[0], pair[1]) == nil; compatible != (breaks&direction == 0) {
				t.Fatalf("%s -> %s: %v is %v for the library, and %v", older, newer, direction, compatible, changes)
			}
		}
		if breaks&bus.Backward == 0 {
			data, err := hamba.Marshal(was, drawValue(t, was))
			if err != nil {
				t.Skip("a value that the library does not write")
			}
			if _, err := avro.Codec[any](avro.Text(newer)).(bus.Resolver[any]).Resolve(data, schema(older)); err != nil {
				t.Fatalf("%s as %s: %v", older, newer, err)
			}
		}
	})
}

func FuzzResolve(f *testing.F) {
	codec := orders().(bus.Resolver[order])
	own, err := codec.Schema()
	if err != nil {
		f.Fatal(err)
	}
	data, err := codec.Encode(newOrder("1"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(own.Text, data)
	f.Add(`["null","shop.Order"]`, []byte{0})
	f.Fuzz(func(t *testing.T, writer string, data []byte) {
		v, err := codec.Resolve(data, schema(writer))
		if err != nil {
			return
		}
		if again, err := codec.Decode(data); writer == own.Text && (err != nil || !reflect.DeepEqual(again, v)) {
			t.Fatalf("read as its own schema it is %v, %v", again, err)
		}
	})
}
