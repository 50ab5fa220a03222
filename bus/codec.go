package bus

import (
	"bytes"
	"encoding/json"
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
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&v); err != nil {
		return v, fmt.Errorf("decode json: %w", err)
	}
	return v, nil
}

func (jsonCodec[T]) ContentType() string { return "application/json" }

func (jsonCodec[T]) Schema() (Schema, error) { return schemaOf[T]() }
