package avro

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/hamba/avro/v2"

	"github.com/millrace/millrace/bus"
)

// ContentType is the media type of what the codec writes.
const ContentType = "application/avro"

// Option changes how [Codec] is made.
type Option interface{ applyAvro(*settings) }

type option func(*settings)

func (f option) applyAvro(s *settings) { f(s) }

type settings struct {
	text  string
	api   avro.API
	known []func(avro.API)
}

// Text is the type's schema as JSON, for types that do not bring it along. It goes before the type's own.
func Text(schema string) Option { return option(func(s *settings) { s.text = schema }) }

// Branch names the Go type of a record, enum or fixed that stands in a union, so that a field of an interface type holds
// a T where the data has that branch, and not a map. name is the full name in the schema.
func Branch[T any](name string) Option {
	return option(func(s *settings) {
		s.known = append(s.known, func(api avro.API) { api.Register(name, *new(T)) })
	})
}

// Codec encodes T by its Avro schema. A schema that is missing or wrong is an error of each method.
func Codec[T any](opts ...Option) bus.Codec[T] {
	s := settings{api: avro.Config{PartialUnionTypeResolution: true, MaxByteSliceSize: -1}.Freeze()}
	for _, opt := range opts {
		opt.applyAvro(&s)
	}
	for _, register := range s.known {
		register(s.api)
	}
	return &codec[T]{api: s.api, described: sync.OnceValues(func() (described, error) { return describe[T](s.text) })}
}

type codec[T any] struct {
	api       avro.API
	described func() (described, error)
	writers   sync.Map // text of a writer's schema to its *resolution
}

// described is a schema as the codec uses it and as it is registered.
type described struct {
	parsed avro.Schema
	schema bus.Schema
}

var _ bus.Resolver[int] = (*codec[int])(nil)

func describe[T any](text string) (described, error) {
	if text == "" {
		own, ok := any(new(T)).(interface{ Schema() avro.Schema })
		if kind := reflect.TypeFor[T](); !ok && kind.Kind() == reflect.Pointer {
			own, ok = reflect.TypeAssert[interface{ Schema() avro.Schema }](reflect.New(kind.Elem()))
		}
		if !ok {
			return described{}, fmt.Errorf("avro: %s has no method Schema() avro.Schema; give its schema by avro.Text", reflect.TypeFor[T]())
		}
		encoded, err := avroJSON(own.Schema())
		if err != nil {
			return described{}, err
		}
		text = encoded
	}
	parsed, err := parse(text)
	if err != nil {
		return described{}, err
	}
	d := described{parsed: parsed, schema: bus.Schema{Type: bus.SchemaAvro, Text: text}}
	if named, ok := parsed.(avro.NamedSchema); ok {
		d.schema.Name = named.FullName()
	}
	return d, nil
}

func (*codec[T]) ContentType() string { return ContentType }

func (c *codec[T]) Schema() (bus.Schema, error) {
	d, err := c.described()
	return d.schema, err
}

func (c *codec[T]) Encode(v T) ([]byte, error) {
	d, err := c.described()
	if err != nil {
		return nil, err
	}
	data, err := c.api.Marshal(d.parsed, v)
	if err != nil {
		text, _, _ := strings.Cut(err.Error(), "symbol:") // behind it stands the payload's
		return nil, fmt.Errorf("encode avro: %s", text)
	}
	if data == nil {
		data = []byte{} // no bytes are a datum; no value is a tombstone
	}
	return data, nil
}

func (c *codec[T]) Decode(data []byte) (T, error) {
	var none T
	d, err := c.described()
	if err != nil {
		return none, err
	}
	if err := check(d.parsed, data); err != nil {
		return none, fmt.Errorf("decode avro: %w", err)
	}
	return c.read(d.parsed, data)
}

// Resolve reads what was written with another schema, by the rules of the Avro specification.
func (c *codec[T]) Resolve(data []byte, writer bus.Schema) (T, error) {
	var none T
	d, err := c.described()
	if err != nil {
		return none, err
	}
	if writer.Type != bus.SchemaAvro {
		return none, fmt.Errorf("decode avro: it was written in the language %s", writer.Type)
	}
	found, known := c.writers.Load(writer.Text)
	if !known {
		parsed, err := parse(writer.Text)
		if err != nil {
			return none, fmt.Errorf("decode avro: the schema that it was written with: %w", err)
		}
		found, _ = c.writers.LoadOrStore(writer.Text, &resolution{writer: parsed, reader: d.parsed})
	}
	own, err := found.(*resolution).translate(data) //nolint:forcetypeassert // nothing else is stored
	if err != nil {
		return none, fmt.Errorf("decode avro: %w", err)
	}
	return c.read(d.parsed, own)
}

var errGoType = errors.New("decode avro: the Go type does not fit its schema")

// read decodes bytes that are known to be of the schema.
func (c *codec[T]) read(schema avro.Schema, data []byte) (T, error) {
	var v T
	reader := avro.NewReader(nil, 0, avro.WithReaderConfig(c.api)).Reset(data)
	if reader.ReadVal(schema, &v); reader.Error != nil {
		var none T
		return none, fmt.Errorf("%w: %s", errGoType, reflect.TypeFor[T]())
	}
	return v, nil
}
