package bus_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/bus"
)

type node struct {
	Name     string           `json:"name"`
	Children []node           `json:"children,omitempty"`
	Next     *node            `json:"next,omitzero"`
	Index    map[string]*node `json:"index,omitempty"`
}

type base struct {
	ID      uuid.UUID `json:"id"`
	Comment string    `json:"comment,omitempty"`
}

type everything struct {
	base

	At      time.Time        `json:"at"`
	Count   int32            `json:"count"`
	Small   uint8            `json:"small"`
	Big     int64            `json:"big,string"`
	Ratio   float64          `json:"ratio"`
	Raw     json.RawMessage  `json:"raw,omitempty"`
	Bytes   []byte           `json:"bytes"`
	Maybe   *string          `json:"maybe"`
	Tags    map[string]int   `json:"tags"`
	Pair    [2]bool          `json:"pair"`
	Tree    node             `json:"tree"`
	Numbers map[int32]string `json:"numbers,omitempty"`
	hidden  int              //nolint:unused // what is not exported is not encoded
}

func drawNode(t *rapid.T, depth int) node {
	n := node{Name: rapid.String().Draw(t, "name")}
	if depth > 0 && rapid.Bool().Draw(t, "deeper") {
		n.Children = []node{drawNode(t, depth-1)}
		n.Next = new(drawNode(t, depth-1))
		n.Index = map[string]*node{"x": new(drawNode(t, depth-1)), "none": nil}
	}
	return n
}

func drawEverything(t *rapid.T) everything {
	return everything{
		base: base{ID: uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")), Comment: rapid.String().Draw(t, "comment")},
		At:   time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "at")).UTC(), Count: rapid.Int32().Draw(t, "count"),
		Small: rapid.Byte().Draw(t, "small"), Big: rapid.Int64().Draw(t, "big"), Ratio: rapid.Float64().Draw(t, "ratio"),
		Bytes: rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"), Maybe: rapid.Ptr(rapid.String(), true).Draw(t, "maybe"),
		Tags: rapid.MapOf(rapid.String(), rapid.Int()).Draw(t, "tags"), Pair: [2]bool{true, rapid.Bool().Draw(t, "pair")},
		Tree: drawNode(t, 2), Raw: json.RawMessage(rapid.SampledFrom([]string{`1`, `{"a":null}`, `"x"`}).Draw(t, "raw")),
	}
}

func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	lenient, strict := bus.JSON[everything](), bus.JSON[everything](bus.Strict())
	described, err := lenient.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal([]byte(described.Text), &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		in := drawEverything(t)
		data, err := lenient.Encode(in)
		if err != nil {
			t.Fatal(err)
		}
		var free any
		if err := errors.Join(json.Unmarshal(data, &free), resolved.Validate(free)); err != nil {
			t.Fatalf("%s does not keep its schema: %v", data, err)
		}
		for _, codec := range []bus.Codec[everything]{lenient, strict} {
			out, err := codec.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := codec.Encode(out); err != nil || string(again) != string(data) {
				t.Fatalf("%s became %s, %v", data, again, err)
			}
		}
	})
}

func TestJSONRefuses(t *testing.T) {
	t.Parallel()
	lenient, strict := bus.JSON[orderV1](), bus.JSON[orderV1](bus.Strict())
	for text, want := range map[string]string{
		`null`:                                         "the payload is null",
		`{"id":null,"total":1,"items":[]}`:             "id is null",
		`{"ID":null,"total":1,"items":[]}`:             "id is null",
		`{"id":"secret","items":[{"sku":null}]}`:       "items[].sku is null",
		`{"id":"secret","items":[null]}`:               "items[] is null",
		`{"id":"secret","total":"secret"}`:             `field "total"`,
		`{"id":"secret"`:                               "ends too early",
		`{"id":"secret"} {"id":"secret"}`:              "byte",
		`["secret"]`:                                   "does not fit",
		`{"id":"null","total":1,"note":null,"x":{}}`:   "",
		`{"id":"","items":null,"x":[null,{"a":null}]}`: "",
	} {
		for _, codec := range []bus.Codec[orderV1]{lenient, strict} {
			_, err := codec.Decode([]byte(text))
			switch {
			case codec == lenient && (want == "") != (err == nil), codec == strict && err == nil:
				t.Errorf("%s: %v", text, err)
			case err != nil && (strings.Contains(err.Error(), "secret") || codec == lenient && !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "syntax")):
				t.Errorf("%s: %v, want %q", text, err, want)
			}
		}
	}
	pointer := bus.JSON[*orderV1]()
	if v, err := pointer.Decode([]byte(`null`)); v != nil || err != nil {
		t.Errorf("null is a *orderV1: %v, %v", v, err)
	}
}

func TestEncodeErrorHoldsNoPayload(t *testing.T) {
	t.Parallel()
	event := bus.Define("shop.secret.told", func(json.RawMessage) string { return "k" })
	_, err := bus.Encode(t.Context(), event.New(json.RawMessage(`{"card":4711 4711}`)))
	if !errors.Is(err, bus.ErrEncode) || strings.Contains(err.Error(), "4711") {
		t.Error(err)
	}
}

func FuzzJSONDecode(f *testing.F) {
	codec, strict := bus.JSON[everything](), bus.JSON[everything](bus.Strict())
	f.Add([]byte(`{"id":"00000000-0000-0000-0000-000000000000","tree":{"name":"x","next":null}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := codec.Decode(data)
		var same everything
		if errSame := json.Unmarshal(data, &same); (err == nil) != (errSame == nil) && !bytes.Contains(data, []byte("null")) {
			t.Fatalf("%v, and encoding/json says %v", err, errSame)
		}
		if _, errStrict := strict.Decode(data); err != nil && errStrict == nil {
			t.Fatalf("strict takes what the other refuses: %v", err)
		}
		if err != nil {
			return
		}
		again, err := codec.Encode(v)
		if err != nil {
			t.Skip("a raw part that is not JSON")
		}
		if out, err := codec.Decode(again); err != nil || !reflect.DeepEqual(out.Tree, v.Tree) {
			t.Fatalf("%q: %v", again, err)
		}
	})
}

func ExampleJSON() {
	type Order struct {
		ID   string `json:"id"`
		Note string `json:"note,omitempty"`
	}
	placed := bus.Define("shop.order.placed", func(o Order) string { return o.ID }, bus.Encoding(bus.JSON[Order](bus.Strict())))
	_, err := placed.Decode(bus.Record{Value: []byte(`{"id":"1","total":7}`)})
	fmt.Println(err)
	_, err = bus.JSON[Order]().Decode([]byte(`{"id":null}`))
	fmt.Println(err)
	// Output:
	// bus: record /0@0 is not a shop.order.placed: decode json: it has a field that the type does not have
	// decode json: id is null, which its type cannot hold
}
