package asyncapi_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/asyncapi"
)

type ränge struct {
	Name string  `json:"name"`
	Up   *ränge  `json:"up"`
	Down []ränge `json:"down"`
}

// TestSchemas moves schemas that are hard to move.
func TestSchemas(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		def  bus.Definition
		want []string
	}{
		{"recursive", tree, []string{`"$ref": "#/components/schemas/shop.folder.saved/$defs/folder"`}},
		{
			"letters of other alphabets", bus.Define("shop.range.set", func(r ränge) string { return r.Name }),
			[]string{`/$defs/r%C3%A4nge"`},
		},
		{
			"names that pointers escape", written("a.b", bus.SchemaJSON,
				`{"$ref": "#/$defs/x~1y~0z%20%25", "$defs": {"x/y~z %": {"type": "string"}}}`),
			[]string{`"$ref": "#/components/schemas/a.b/$defs/x~1y~0z%20%25"`, `"allOf"`},
		},
		{
			"itself", written("a.b", bus.SchemaJSON,
				`{"type": "object", "properties": {"$ref": {"$ref": "#"}, "n": {"const": {"$ref": "#/no"}, "maximum": 1e400}}}`),
			[]string{`"$ref": "#/components/schemas/a.b"`, `"$ref": "#/no"`, `1e400`},
		},
		{
			"newer than draft 7", written("a.b", bus.SchemaJSON, `{"prefixItems": [{"$ref": "#/prefixItems/1"}, {"type": "string"}]}`),
			[]string{`version=2020-12`, `"$ref": "#/components/schemas/a.b/schema/prefixItems/1"`},
		},
		{
			"beside a reference", written("a.b", bus.SchemaJSON, `{"not": {"$ref": "#/$defs/x", "type": "null"}, "$defs": {"x": {}}}`),
			[]string{`version=2020-12`},
		},
		{
			"full names of Avro", written("a.b", bus.SchemaAvro, `{"type": "record", "name": "x.y.A",
				"fields": [{"name": "e", "default": {"name": "p.q"},
				"type": ["null", {"type": "map", "values": {"type": "array", "items": {"type": "fixed", "name": "z.F", "size": 4}}}, "z.F"]}]}`),
			[]string{`"namespace": "x.y"`, `"name": "A"`, `"namespace": "z"`, `"z.F"`, `"name": "p.q"`},
		},
		{"anything", written("a.b", bus.SchemaJSON, `true`), []string{`"a.b": {}`}},
		{"nothing", written("a.b", bus.SchemaJSON, `false`), []string{`"not": {}`}},
		{
			"another language", written("a.b", "application/xml-dtd", `<!ELEMENT b EMPTY>`),
			[]string{`"schemaFormat": "application/xml-dtd"`, `<!ELEMENT b EMPTY>`},
		},
		{"proto2", written("a.b", bus.SchemaProtobuf, `message B {}`), []string{`"application/vnd.google.protobuf;version=2"`}},
		{"edition", written("a.b", bus.SchemaProtobuf, "\nedition = \"2023\";"), []string{`version=2023`}},
		{
			"imports", bus.Define("a.b", folder.key, bus.Encoding[folder](described[folder]{bus.JSON[folder](), bus.Schema{
				Type: bus.SchemaProtobuf, Name: "b.B", Text: `syntax = "proto3";`, References: []bus.Reference{{Name: "m.proto", Text: "package m;"}},
			}})),
			[]string{`"x-message": "b.B"`, `"name": "m.proto"`, `version=3`},
		},
	} {
		text, err := asyncapi.Document(about, test.def)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: no %s in %s", test.name, want, text)
			}
		}
		if test.name != "itself" { // has a property that is called as a keyword, and a number that is none of Go's
			valid(t, text)
		}
	}
}

// TestRefused defines what cannot be told, and is told what to do.
func TestRefused(t *testing.T) {
	t.Parallel()
	sharing := func(name string, opts ...bus.ContractOption) bus.Definition {
		return bus.Define(name, placed.key, append(opts, bus.InTopic("shared"))...)
	}
	named := func(servers map[string]string) asyncapi.About {
		return asyncapi.About{Title: "x", Version: "1", Servers: servers}
	}
	for _, test := range []struct {
		about asyncapi.About
		defs  []bus.Definition
		is    error
		want  string
	}{
		{asyncapi.About{Title: "x"}, nil, nil, "Version"},
		{about, []bus.Definition{tree, asyncapi.Sends(nil)}, nil, "definition 2 is nil"},
		{about, []bus.Definition{bus.Event[placed]{}}, bus.ErrContract, "bus.Define"},
		{about, []bus.Definition{orderPlaced, bus.Define("shop.order.placed", placed.key)}, bus.ErrContract, "defined twice"},
		{
			about,
			[]bus.Definition{sharing("a.b", bus.Partitions(3)), sharing("a.c", bus.Partitions(4))},
			bus.ErrContract,
			"different partitions, 3 and 4",
		},
		{about, []bus.Definition{sharing("a.b", bus.Retention(1)), sharing("a.c", bus.Retention(time.Hour))}, bus.ErrContract, "different retention"},
		{about, []bus.Definition{sharing("a.b", bus.Compacted()), sharing("a.c")}, bus.ErrContract, "only one of them is Compacted"},
		{about, []bus.Definition{bus.Define("a.b", func(chan int) string { return "" })}, nil, "the schema of a.b"},
		{about, []bus.Definition{asyncapi.Receives("", tree)}, nil, "group without a name"},
		{about, []bus.Definition{written("a.b", bus.SchemaJSON, `{"$ref": "money.json"}`)}, nil, "bundle it under $defs"},
		{about, []bus.Definition{written("a.b", bus.SchemaJSON, `{"items": [{"$ref": "#/items/1"}]}`)}, nil, "there is nothing"},
		{about, []bus.Definition{written("a.b", bus.SchemaJSON, `{"not": {"$ref": 1}}`)}, nil, "bundle it under $defs"},
		{about, []bus.Definition{written("a.b", bus.SchemaJSON, `{"anyOf": [{"$anchor": "x"}]}`)}, nil, "$anchor"},
		{about, []bus.Definition{written("a.b", bus.SchemaJSON, `[1]`)}, nil, "an object, true or false"},
		{about, []bus.Definition{written("a.b", bus.SchemaJSON, `{} {}`)}, nil, "not one value"},
		{about, []bus.Definition{written("a.b", bus.SchemaAvro, `{`)}, nil, "not JSON"},
		{named(map[string]string{"a b": "kafka://x"}), nil, nil, "name"},
		{named(map[string]string{"a": "kafka://x,y", "a-2": "kafka://z"}), nil, nil, "two servers are called a-2"},
		{named(map[string]string{"a": "http://x"}), nil, bus.ErrAddress, "server a"},
		{named(map[string]string{"a": "kafkas://x?sasl=gssapi"}), nil, nil, "server a: sasl must be"},
		{named(map[string]string{"a": "kafka://ann:x@y?sasl=plain"}), nil, nil, "need the scheme kafkas"},
		{named(map[string]string{"a": "kafka://y?token_file=/t"}), nil, nil, "need the scheme kafkas"},
		{named(map[string]string{"a": "kafka://y?cert=/c&key=/k"}), nil, nil, "need the scheme kafkas"},
	} {
		_, err := asyncapi.Document(test.about, test.defs...)
		if err == nil || !strings.Contains(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) {
			t.Errorf("want %q, got %v", test.want, err)
		}
	}
}
