package bus

import "context"

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
	// Name is the payload's own name where the text defines several: the full name of a Protobuf message.
	Name string `json:"name,omitempty"`
	Text string `json:"schema"`
	// References are what the text imports, each after what it imports itself.
	References []Reference `json:"references,omitempty"`
}

// Reference is a schema that another one imports under a name, such as "shop/money.proto".
type Reference struct {
	Name string `json:"name"`
	Text string `json:"schema"`
}

// Codec turns payloads into bytes and back, and knows the rules of its schema language. It is the extension point for
// formats that this module does not bring: give one to [Encoding]. [JSON] is the default; the packages bus/protobuf
// and bus/avro bring others, and bus/confluent puts any of them behind the wire format of a schema registry.
//
// Implementations are safe for concurrent use. Their errors hold no part of a payload.
type Codec[T any] interface {
	// Encode returns the payload's bytes. The result must not be shared with a later call.
	Encode(T) ([]byte, error)
	// Decode reads what Encode wrote. It must not keep the slice. An error says that the bytes are no T, unless it
	// states by a Class method that it is transient: such a record is tried again and is not a dead letter.
	Decode([]byte) (T, error)
	// ContentType is the media type of the bytes.
	ContentType() string
	// Schema describes T.
	Schema() (Schema, error)
	// Compare lists all differences between two schemas of the codec's language that matter to a reader or a writer,
	// and which of them break what. Other spelling of the same schema is no difference.
	Compare(older, newer Schema) ([]Change, error)
}

// Learner is a codec that must know the schema which an event was written with in order to read it, as Avro must.
// [Bus.Verify] gives it a way to ask for all that are registered under a contract's name. What is found is kept for
// ever, since such a codec finds a schema by its fingerprint.
type Learner interface {
	Learn(contract string, registered SchemaLookup) error
}

// Registrar is a codec that keeps its schemas in a registry of its own instead of [SchemaTopic]. [Bus.Verify] first
// calls Check for all contracts, and Register only when nothing stands in the way of any.
type Registrar interface {
	// Check says what stands in the way of the contract, and changes nothing.
	Check(context.Context, *Contract) error
	// Register makes the contract's schema known. It is called by each process that verifies the contract.
	Register(context.Context, *Contract) error
}

// SchemaLookup returns the schemas that are registered now.
type SchemaLookup func(context.Context) ([]Schema, error)
