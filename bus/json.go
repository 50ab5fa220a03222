package bus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

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

// JSON is the default codec: encoding/json, described by JSON Schema 2020-12.
//
// Fields that the type does not know are ignored when reading, so that a producer may be newer than its consumers;
// [Strict] refuses them. null is refused where the schema does not allow it, in place of a zero value that nobody
// wrote; in an optional field it is the same as a missing one.
func JSON[T any](opts ...JSONOption) Codec[T] {
	c := &jsonCodec[T]{}
	for _, opt := range opts {
		opt.applyJSON(&c.reading)
	}
	c.schema = sync.OnceValues(deriveSchema[T])
	return c
}

type jsonCodec[T any] struct {
	reading jsonReading
	schema  func() (*jsonschema.Schema, error)
}

func (*jsonCodec[T]) ContentType() string { return "application/json" }

func (*jsonCodec[T]) Encode(v T) ([]byte, error) {
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

func (c *jsonCodec[T]) Decode(data []byte) (T, error) {
	v, err := c.read(data)
	if err == nil && bytes.Contains(data, null) {
		err = c.refuseNull(data)
	}
	if err != nil {
		var zero T
		return zero, fmt.Errorf("decode json: %w", err)
	}
	return v, nil
}

func (c *jsonCodec[T]) read(data []byte) (T, error) {
	var v T
	if !c.reading.strict {
		if err := json.Unmarshal(data, &v); err != nil {
			return v, withoutPayload(err)
		}
		return v, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&v); err != nil {
		return v, withoutPayload(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return v, fmt.Errorf("something follows the payload at byte %d", decoder.InputOffset())
	}
	return v, nil
}

// withoutPayload says what is wrong with JSON without quoting it: encoding/json's own errors hold values.
func withoutPayload(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("field %q at byte %d does not fit %s", wrong.Field, wrong.Offset, wrong.Type)
	}
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("syntax error at byte %d", wrong.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends too early")
	}
	if strings.HasPrefix(err.Error(), "json: unknown field ") {
		return errors.New("it has a field that the type does not have")
	}
	return errors.New("a value does not fit its field")
}

func (c *jsonCodec[T]) Schema() (Schema, error) {
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
