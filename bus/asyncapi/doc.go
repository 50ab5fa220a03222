// Package asyncapi describes an application's contracts as an AsyncAPI 3.0.0 document: its topics, the events that are on them, and which of these it
// publishes and subscribes to.
//
//	text, err := asyncapi.Document(asyncapi.About{Title: "Shop", Version: "1"},
//		asyncapi.Sends(OrderPlaced), asyncapi.Receives("mail", OrderShipped))
//
// A topic is a channel, with what contracts state of it as a Kafka channel binding 0.5.0. What none states is left out, since the cluster decides
// it. A contract is a message: its headers are those of the CloudEvents 1.0 Kafka protocol binding in binary mode, its key is text, and the
// extensions x-schema-version and x-sensitive are what the contract says of its version and fields. What a consumer group takes from one topic is
// one operation, and so is all that the application publishes to one.
//
// # Schemas
//
// JSON Schemas stand as AsyncAPI's own, which are of draft 7, as what [bus.JSON] derives means the same there; those that use later keywords are
// marked as 2020-12. Avro stands as its JSON. Protobuf stands as its text, with the message's name as x-message and what the text imports as
// x-references. A codec's own language stands as its text under the name that the codec gives it. A codec without a schema makes a message without
// a payload.
//
// # Limits
//
// Retry topics, dead letters and changelogs are not in the document, nor are channels of package push, and a registry's wire format around the
// payload. A JSON Schema must hold what it refers to, by JSON Pointers.
//
// # Guarantees
//
//   - G1: the document is valid by AsyncAPI's own JSON Schema, each reference leads to a part of it, and it is the same for the same definitions in any order and number. Test: TestDocument.
//   - G2: recursive schemas, those of names that pointers escape and those of other languages hold in their new place. Test: TestSchemas.
//   - G3: the headers are those that records have. Test: TestHeaders.
//   - G4: of a server's address the brokers alone are in the document, and no secret is in an error. Test: TestSecrets.
//   - G5: definitions that are wrong, contradict each other or cannot be described are refused with what to change. Test: TestRefused.
package asyncapi
