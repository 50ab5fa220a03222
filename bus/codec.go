package bus

import (
	"encoding/json"
	"errors"
	"fmt"
)

// SchemaType names a schema language, in the spelling of the Confluent Schema Registry.
type SchemaType string

// The schema languages that the codecs of this module speak.
const (
	SchemaJSON     SchemaType = "JSON"
	SchemaProtobuf SchemaType = "PROTOBUF"
	SchemaAvro     SchemaType = "AVRO"
)

// Schema is the description of a payload in its own language.
type Schema struct {
	Type SchemaType `json:"type"`
	Text string     `json:"schema"`
}

// Codec turns payloads into bytes and back. Implementations are safe for concurrent use.
type Codec[T any] interface {
	// Encode returns the payload's bytes. The result must not be shared with a later call.
	Encode(T) ([]byte, error)
	// Decode reads what Encode wrote. It must not keep the slice.
	Decode([]byte) (T, error)
	// ContentType is the media type of the bytes.
	ContentType() string
	// Schema describes T.
	Schema() (Schema, error)
}

// JSON is the default codec: encoding/json, described by JSON Schema 2020-12. Fields that the type does not know are
// ignored when reading, so that a producer may be newer than its consumers.
func JSON[T any]() Codec[T] { return jsonCodec[T]{} }

type jsonCodec[T any] struct{}

func (jsonCodec[T]) Encode(v T) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode json: %w", err)
	}
	return data, nil
}

func (jsonCodec[T]) Decode(data []byte) (T, error) {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return v, withoutPayload(err)
	}
	return v, nil
}

// withoutPayload says what is wrong with JSON without quoting it: encoding/json's own errors hold values.
func withoutPayload(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("decode json: field %q at byte %d does not fit %s", wrong.Field, wrong.Offset, wrong.Type)
	}
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("decode json: syntax error at byte %d", wrong.Offset)
	}
	return errors.New("decode json: a value does not fit its field")
}

func (jsonCodec[T]) ContentType() string { return "application/json" }

func (jsonCodec[T]) Schema() (Schema, error) { return schemaOf[T]() }
