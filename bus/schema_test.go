package bus_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

type (
	itself *itself
	forest map[string]forest
	list   []list
	even   struct{ Odd *odd }
	odd    struct{ Even []even }
	loop   struct{ *loop }

	wide0 struct{ A, B, C, D, E, F, G, H int }
	wide1 struct{ A, B, C, D, E, F, G, H wide0 }
	wide2 struct{ A, B, C, D, E, F, G, H wide1 }
	wide3 struct{ A, B, C, D, E, F, G, H wide2 }
	wide4 struct{ A, B, C, D, E, F, G, H wide3 }
)

func schemaText[T any]() string {
	schema, err := bus.JSON[T]().Schema()
	if err != nil {
		return "error: " + err.Error()
	}
	return schema.Text
}

func TestRecursiveTypes(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		`"$defs":{"node":{`:                schemaText[node](),
		`"$ref":"#/$defs/itself"`:          schemaText[itself](),
		`"$ref":"#/$defs/forest"`:          schemaText[forest](),
		`"$ref":"#/$defs/list"`:            schemaText[list](),
		`"$ref":"#/$defs/even"`:            schemaText[even](),
		"an embedded type holds itself":    schemaText[loop](),
		"more than 10000 parts":            schemaText[wide4](),
		"keys must be text":                schemaText[map[bool]int](),
		`field "F": type func() has no`:    schemaText[struct{ F func() }](),
		`"additionalProperties":false`:     schemaText[struct{}](),
		`"id":{"type":"string"},"comment"`: schemaText[everything](),
		`"contentEncoding":"base64"`:       schemaText[[]byte](),
		`"type":["null","object"]`:         schemaText[map[string]int](),
		`{"$schema":"https://json-sche`:    schemaText[any](),
		`"maximum":255,"minimum":0`:        strings.ReplaceAll(schemaText[uint8](), `"minimum":0,"maximum":255`, `"maximum":255,"minimum":0`),
		`"properties":{"ID":{"type":"s`:    schemaText[struct{ ID string }](),
		`"required":["A","b"]`: schemaText[struct {
			A int
			B int `json:"b"`
		}](),
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %.300s", want, got)
		}
	}
	b := bustest.Open(t)
	event := bus.Define("shop.tree.grown", func(n node) string { return n.Name })
	if err := b.Verify(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(t.Context(), event); err != nil {
		t.Fatalf("again: %v", err)
	}
	broken := bus.Define("shop.loop.made", func(loop) string { return "" })
	if err := b.Verify(t.Context(), broken); !errors.Is(err, bus.ErrContract) || !strings.Contains(err.Error(), "shop.loop.made") {
		t.Errorf("%v", err)
	}
	if _, err := event.Decode(bus.Record{Value: json.RawMessage(`{"name":"a","next":{"name":"b","next":{"name":null}}}`)}); err == nil ||
		!strings.Contains(err.Error(), "next.next.name is null") {
		t.Errorf("a null deep within: %v", err)
	}
}

func compare(t *testing.T, older, newer string) string {
	t.Helper()
	changes, err := bus.JSON[int]().Compare(bus.Schema{Type: bus.SchemaJSON, Text: older}, bus.Schema{Type: bus.SchemaJSON, Text: newer})
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(changes))
	for i, change := range changes {
		lines[i] = change.Path + " " + change.Breaks.String()
	}
	return strings.Join(lines, ", ")
}

func TestCompareJSON(t *testing.T) {
	t.Parallel()
	object := func(fields, required string) string {
		return `{"type":"object","properties":{` + fields + `},"required":[` + required + `]}`
	}
	for _, c := range []struct{ older, newer, want, back string }{
		{object(`"a":{"type":"integer"}`, `"a"`), object(`"a":{"type":"number"}`, `"a"`), "a forward", "a backward"},
		{object(`"a":{"type":"integer"}`, `"a"`), object(`"a":{"type":"string"}`, `"a"`), "a full", "a full"},
		{object(`"a":{"type":"string"}`, `"a"`), object(`"a":{"type":["null","string"]}`, `"a"`), "a forward", "a backward"},
		{object(`"a":{"type":"string"}`, `"a"`), object(`"a":{"type":"string"}`, ``), "a forward", "a backward"},
		{object(`"a":{}`, `"a"`), object(`"a":{"type":"string"}`, `"a"`), "a backward", "a forward"},
		{object(``, ``), object(`"a":{"type":"string"}`, ``), "a unchecked", "a unchecked"},
		{object(``, ``), object(`"a":{"type":"string"}`, `"a"`), "a backward", "a forward"},
		{`{"type":"array","items":{"enum":["a"]}}`, `{"type":"array","items":{"enum":["a","b"]}}`, "[] forward", "[] backward"},
		{`{"type":"object","additionalProperties":{"type":"string"}}`, `{"type":"object","additionalProperties":{"type":"integer"}}`, "{} full", "{} full"},
		{`{"type":"integer","minimum":0,"maximum":255}`, `{"type":"integer","minimum":0,"maximum":65535}`, " forward", " backward"},
		{`{"type":"integer","minimum":0}`, `{"type":"integer","maximum":0}`, " full", " full"},
		{`{"type":"string","format":"date-time"}`, `{"type":"string"}`, " full", " full"},
		{`{"type":"string","title":"a"}`, `{"type":"string","description":"b"}`, "", ""},
		{`{"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}}`, `{"type":"string"}`, "", ""},
		{`{"$ref":"#/$defs/a","$defs":{"a":{"type":"array","items":{"$ref":"#/$defs/a"}}}}`, `{"type":"array","items":{"type":"array","items":{"type":"string"}}}`, "[][] full", "[][] full"},
		{`{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}`, `{"type":"string"}`, " backward", " forward"},
	} {
		if got := compare(t, c.older, c.newer); got != c.want {
			t.Errorf("%s → %s: %q, want %q", c.older, c.newer, got, c.want)
		}
		if got := compare(t, c.newer, c.older); got != c.back {
			t.Errorf("%s → %s: %q, want %q", c.newer, c.older, got, c.back)
		}
	}
}

func ExampleCompatible() {
	type Order struct {
		ID string `json:"id"`
	}
	type Renamed struct {
		Number int `json:"number"`
	}
	older, _ := bus.JSON[Order]().Schema()
	newer, _ := bus.JSON[Renamed]().Schema()
	placed := bus.Define("shop.order.placed", func(Renamed) string { return "" }, bus.Version(2), bus.Compatible(bus.Backward))
	changes, _ := placed.Codec().Compare(older, newer)
	for _, change := range changes {
		fmt.Println(change)
	}
	// Output:
	// id: removed, but consumers of the older version require it (breaks older consumers reading newer events)
	// number: added as required, but stored events do not have it; mark it omitempty or omitzero (breaks newer consumers reading older events)
}
