package bus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/jsonschema-go/jsonschema"
)

// JSONOption changes how [JSON] reads.
type JSONOption interface{ applyJSON(*jsonReading) }

type jsonOption func(*jsonReading)

func (f jsonOption) applyJSON(r *jsonReading) { f(r) }

type jsonReading struct{ strict bool }

// Strict refuses payloads with fields that the type does not have, and null in optional fields. Consumers must then be
// deployed before the producers of every new field.
func Strict() JSONOption { return jsonOption(func(r *jsonReading) { r.strict = true }) }

// JSON is the default codec: encoding/json, described by JSON Schema 2020-12. It decodes with the implementation that
// encoding/json has since Go 1.27, under the rules that the package always had. Tag options that mean nothing before
// Go 1.27 ("embed", "inline", "unknown", "format" and "case") are refused, since services would read each other wrongly.
//
// Fields that the type does not know are ignored when reading, so that a producer may be newer than its consumers;
// [Strict] refuses them. null is refused where the schema does not allow it, in place of a zero value that nobody
// wrote; in an optional field it is the same as a missing one.
func JSON[T any](opts ...JSONOption) Codec[T] {
	c := &jsonCodec[T]{}
	for _, opt := range opts {
		opt.applyJSON(&c.reading)
	}
	c.options = sync.OnceValues(c.reading.options(reflect.TypeFor[T]()))
	c.schema = sync.OnceValues(deriveSchema[T])
	return c
}

type jsonCodec[T any] struct {
	reading jsonReading
	options func() (jsonv2.Options, error)
	schema  func() (*jsonschema.Schema, error)
}

func (*jsonCodec[T]) ContentType() string { return "application/json" }

func (c *jsonCodec[T]) Encode(v T) ([]byte, error) {
	if _, err := c.options(); err != nil {
		return nil, err
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode json: %w", withoutValue(err))
	}
	return data, nil
}

// withoutValue keeps what is wrong and drops the value that it is wrong with.
func withoutValue(err error) error {
	if wrong, ok := errors.AsType[*json.UnsupportedValueError](err); ok {
		return fmt.Errorf("a value of type %s has no JSON form", wrong.Value.Type())
	}
	if wrong, ok := errors.AsType[*json.MarshalerError](err); ok {
		return fmt.Errorf("the MarshalJSON or MarshalText of %s failed", wrong.Type)
	}
	return err
}

var null = []byte("null") //nolint:gochecknoglobals // a constant

func (c *jsonCodec[T]) Decode(data []byte) (v T, err error) {
	options, err := c.options()
	if err != nil {
		return v, err
	}
	if err = jsonv2.Unmarshal(data, &v, options); err != nil {
		err = c.withoutPayload(err)
	} else if bytes.Contains(data, null) {
		err = c.refuseNull(data)
	}
	if err != nil {
		var zero T
		return zero, fmt.Errorf("decode json: %w", err)
	}
	return v, nil
}

func (c *jsonCodec[T]) Schema() (Schema, error) {
	if _, err := c.options(); err != nil {
		return Schema{}, err
	}
	schema, err := c.schema()
	if err != nil {
		return Schema{}, err
	}
	text, err := json.Marshal(schema)
	if err != nil {
		return Schema{}, fmt.Errorf("derive json schema: %w", err)
	}
	return Schema{Type: SchemaJSON, Text: string(text)}, nil
}

func (c *jsonCodec[T]) Compare(older, newer Schema) ([]Change, error) {
	return compareJSON(older, newer, c.reading.strict)
}
