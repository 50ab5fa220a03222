package bus

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
	// Index is where Name stands in the text, for wire formats that say so: the message's position in the Protobuf file,
	// then within that message, and so on.
	Index []int `json:"-"`
}

// Reference is a schema that another one imports under a name, such as "shop/money.proto".
type Reference struct {
	Name string `json:"name"`
	Text string `json:"schema"`
	// Imports are the names of other references that this one imports itself.
	Imports []string `json:"imports,omitempty"`
}

// Codec turns payloads into bytes and back, and knows the rules of its schema language. It is the extension point for
// formats that this module does not bring: give one to [Encoding]. [JSON] is the default; the packages bus/protobuf
// and bus/avro bring others. A [Registry] keeps what Schema returns.
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

// Resolver is a codec that cannot read what was written with another schema than its own unless it is shown that one,
// as Avro cannot. [Event.Decode] takes it from the bus's [Registry] where the record names another version.
type Resolver[T any] interface {
	Codec[T]
	// Resolve reads what was written with the schema writer. It must not keep the slice.
	Resolve(data []byte, writer Schema) (T, error)
}

// Tenanted is a codec whose values may stand elsewhere than in the record, and must not be those of another tenant than
// the record's. Who publishes and who reads an event asks it for the codec of the record's tenant.
type Tenanted[T any] interface {
	Codec[T]
	// For is the codec that writes and reads that tenant's values alone, and those of nobody. A record without a tenant
	// has an empty one.
	For(tenant string) Codec[T]
}
