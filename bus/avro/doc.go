// Package avro encodes payloads as Apache Avro binary data, by github.com/hamba/avro.
//
//	var OrderPlaced = bus.Define("shop.order.placed", Order.GetID, bus.Encoding(avro.Codec[Order](avro.Text(schema))))
//
// The schema is the one that the type's own method Schema returns, as the types do that avrogen generates with encoders,
// or the text given by [Text]. The value of a record is the datum alone: neither a container file nor a single object.
//
// # Readers and writers
//
// Avro data cannot be read without the schema that it was written with. Records name their contract's version, and a bus
// finds its schema in its registry, so an event of another version is read by Avro's rules of schema resolution: fields
// by name or alias, defaults for what is missing, wider numbers, text and bytes, branches of unions, symbols of enums.
// It is resolved here and not by the library, which runs out of stack on schemas that refer to themselves.
//
// # Guarantees
//
//   - G1: what is encoded is decoded as it was. Test: TestRoundTrip.
//   - G2: bytes that are cut, too long or not of the schema are an error that holds none of them, and take no more memory than they justify. Test: TestRefuses.
//   - G3: data of another version is read by Avro's rules of resolution, also where types refer to themselves. Test: TestResolve.
//   - G4: what two schemas say is compatible can be read: each datum of the one, as the other. Test: TestCompatibleIsReadable.
//   - G5: each difference that a reader or writer notices is listed with its path and whom it breaks. Test: TestCompare.
//   - G6: Verify refuses what breaks consumers, a consumer of one version reads events of the others, and the contract keeps what package bus promises. Test: TestContract.
package avro
