// Package protobuf encodes payloads as Protocol Buffers: contracts whose type is a message that protoc-gen-go generated.
//
//	var OrderPlaced = bus.Define("shop.order.placed", (*shop.Placed).GetId, bus.Encoding(protobuf.Codec[*shop.Placed]()))
//
// The schema is the message's file as .proto text, and each file that it imports as a reference; those of
// google/protobuf are known everywhere and left out. It is what Confluent-compatible registries take.
//
// # What may change
//
// [bus.Bus.Verify] compares messages by field number, with all that they hold. Fields may come, and may go when their
// numbers are reserved; names may change. Refused in one direction or both are: a number that is used again or was
// reserved, a removed one that is not reserved, other types and other bits for a number (a wider integer is only
// refused to older consumers), singular and repeated, fields that enter or leave a oneof, required fields that come or
// go, other defaults, and values of closed enums.
//
// # Guarantees
//
//   - G1: what is encoded is decoded as it was, unknown fields included, and equal messages have equal bytes. Test: TestRoundTrip.
//   - G2: bytes that are no message of the type are an error that holds none of them, and never a panic. Test: TestRefuses.
//   - G3: the schema is .proto text that any compiler takes, and compiling it gives the same schema. Test: TestSchema.
//   - G4: each difference that a reader or writer notices is listed with its path and whom it breaks. Test: TestCompare.
//   - G5: other order, comments, file names and spelling are no difference. Test: TestSameSchema.
//   - G6: Verify refuses what breaks consumers, and the contract keeps what package bus promises. Test: TestContract.
package protobuf
