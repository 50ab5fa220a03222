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
// An application serves it beside its OpenAPI document in a line, or two with the error:
//
//	events, err := asyncapi.Handler(about, contracts...)
//	router.Method(http.MethodGet, "/asyncapi.json", events)
//
// # Servers
//
// How brokers are reached, and how a client says to them who it is, the address says as [bus.Open] reads it: TLS is the protocol kafka-secure,
// SASL and a client's certificate are security schemes. Where [bus.Credentials] or [bus.OAuth] give what is needed, sasl= in the address names the
// mechanism. AsyncAPI lists schemes of which one is enough: SASL together with a certificate is one of its own. An OAUTHBEARER token is of type
// oauth2, without flows, as no address says where it is had.
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
//   - G4: of a server's address the brokers and the kind of authentication alone are in the document, and no secret is in an error. Test: TestSecrets.
//   - G5: definitions that are wrong, contradict each other or cannot be described are refused with what to change. Test: TestRefused.
//   - G6: a server has the security scheme that its address asks for. Test: TestAccess.
//   - G7: the document is served with its media type and an ETag. Test: TestHandler.
package asyncapi
