// Package confluent keeps the schemas of contracts in a registry that speaks Confluent's Schema Registry API, and puts
// published values into its wire format: a zero byte, the schema's id in four bytes, for Protobuf the message's position
// in its file, and then the payload. Confluent's own clients read them, and theirs are read here.
//
//	registry, err := confluent.New("https://user:password@registry:8081")
//	b, err := bus.Open(ctx, "kafkas://kafka:9093", bus.SchemaRegistry(registry))
//	err = b.Verify(ctx, OrderPlaced)
//
// # Subjects
//
// Contracts share topics, so each has a subject of its own: "<topic>-<contract>", for instance
// "outbox.event.order-shop.order.placed". [Subject] chooses another, such as [TopicValue] for topics with one contract.
// What a Protobuf schema imports is registered under the name by which it is imported, as Confluent's clients do.
//
// # What is compared
//
// [bus.Bus.Verify] compares a new schema with all registered ones as the contract's [bus.Compatible] says, and then asks
// the registry, which decides by the subject's own level. Both differences are shown. A schema that is registered is
// taken without a question, so that processes of older versions may start. The registry numbers versions by itself: a
// contract's version is told to readers in a header, and not checked.
//
// Values that were written without this package are read as they are: an outbox writes payloads alone. The registry does
// not know which contract version such a value has, so Avro of another version needs the wire format.
//
// # Guarantees
//
//   - G1: verified contracts are registered with what they import, and values carry the wire format. Test: TestWireFormat.
//   - G2: a schema that the contract or the registry refuses is shown with the reasons, and nothing is registered or created. Test: TestRefused.
//   - G3: an event is read with the schema that its value names, whoever wrote it. Test: TestWritersSchema.
//   - G4: what cannot be known now is transient, what is not registered is refused before it is sent. Test: TestUnreachable.
//   - G5: credentials are sent to the registry, and found in no error. Test: TestCredentials.
package confluent
