package avro_test

import (
	"reflect"
	"strings"
	"testing"

	hamba "github.com/hamba/avro/v2"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/avro"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	codec := orders()
	rapid.Check(t, func(t *rapid.T) {
		in := drawOrder(t, 2)
		data, err := codec.Encode(in)
		if err != nil {
			t.Fatal(err)
		}
		out, err := codec.Decode(data)
		if err != nil || !reflect.DeepEqual(in, out) {
			t.Fatalf("%+v became %+v, %v", in, out, err)
		}
	})
	data, err := codec.Encode(newOrder(strings.Repeat("x", 3<<20)))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := codec.Decode(data); err != nil || len(out.ID) != 3<<20 {
		t.Errorf("a long text: %v", err)
	}
}

// generated is a payload as avrogen generates them, with its schema.
type generated struct {
	Name string `avro:"name"`
}

func (*generated) Schema() hamba.Schema {
	return hamba.MustParse(`{"type":"record","name":"Generated","fields":[{"name":"name","type":"string","default":"x"}]}`)
}

func TestOwnSchema(t *testing.T) {
	t.Parallel()
	value, pointer := avro.Codec[generated](), avro.Codec[*generated]()
	schema, err := value.Schema()
	if err != nil || schema.Type != bus.SchemaAvro || schema.Name != "Generated" || !strings.Contains(schema.Text, `"default":"x"`) {
		t.Errorf("%+v, %v", schema, err)
	}
	data, err := pointer.Encode(&generated{Name: "y"})
	if err != nil || string(data) != "\x02y" {
		t.Errorf("%q, %v", data, err)
	}
	if v, err := pointer.Decode(data); err != nil || v.Name != "y" {
		t.Errorf("%v, %v", v, err)
	}
	for name, codec := range map[string]bus.Codec[order]{"none": avro.Codec[order](), "wrong": avro.Codec[order](avro.Text(`{`))} {
		_, errSchema := codec.Schema()
		_, errEncode := codec.Encode(order{})
		_, errDecode := codec.Decode(nil)
		if errSchema == nil || errEncode == nil || errDecode == nil {
			t.Errorf("%s: %v, %v, %v", name, errSchema, errEncode, errDecode)
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	codec := orders()
	full := newOrder("secret")
	full.Items, full.Pay = []item{{SKU: "secret", Quantity: 300}}, card{Last: "secret"}
	data, err := codec.Encode(full)
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(what string, data []byte) {
		t.Helper()
		if _, err := codec.Decode(data); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for length := range data {
		refuse("cut", data[:length])
	}
	refuse("too long", append(data, 0))
	refuse("a length without end", []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	empty := avro.Codec[[]struct{}](avro.Text(`{"type":"array","items":"null"}`))
	if _, err := empty.Decode([]byte("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01")); err == nil {
		t.Error("items that take no bytes were taken without end")
	}
	if _, err := codec.Encode(order{State: "secret"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a symbol that is none: %v", err)
	}
	deep := avro.Codec[any](avro.Text(`{"type":"record","name":"R","fields":[{"name":"next","type":["null","R"]}]}`))
	if _, err := deep.Decode([]byte(strings.Repeat("\x02", 1<<20))); err == nil || len(err.Error()) > 200 {
		t.Errorf("deep without end: %v", err)
	}
	if _, err := avro.Codec[int](avro.Text(`"string"`)).Decode([]byte("\x02a")); err == nil {
		t.Error("text became a number")
	}
}

func FuzzDecode(f *testing.F) {
	codec := orders()
	data, err := codec.Encode(newOrder("1"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := codec.Decode(data)
		if err != nil {
			return
		}
		again, err := codec.Encode(v)
		if err != nil {
			t.Skip("a time that has no milliseconds")
		}
		if back, err := codec.Decode(again); err != nil || back.ID != v.ID || !reflect.DeepEqual(back.Items, v.Items) {
			t.Fatalf("%x: %v", data, err)
		}
	})
}
