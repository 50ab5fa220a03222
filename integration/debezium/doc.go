// Package debezium runs the outbox's relay and a real Debezium connector side by side: Debezium 3.7.0.Final on Kafka
// Connect 4.3.1, which package servers finds or starts. The same rows go through both under the same configuration.
//
// # Deviations
//
// Records are equal byte for byte apart from these, which the tests hold to what they say:
//
//   - Debezium adds four headers __debezium.context.* unless extended.headers.enabled is false; the relay never does.
//   - The record's time without table.field.event.timestamp is when each handled the row.
//   - A payload at which the connector's task fails, or which it drops under errors.tolerance = all, or writes as the
//     name of a Java object, is published with its own bytes. So are NaN and infinite numerics in columns, by their names.
//   - float4 and float8 columns have the shortest digits, as Java prints them since 19; older versions print a few numbers with one digit more.
//   - In an expanded payload, fields of an array's objects that differ come in the order in which they first appear.
//     Debezium's order is that of hash codes, which change from start to start.
//
// # Guarantees
//
//   - G1: topic, partition, key, value and headers of a row are those that Debezium makes under the same configuration. Test: TestRecordsEqualDebezium.
//   - G2: what Debezium cannot publish is published with its own bytes, and the rest stays equal. Test: TestRecordsEqualDebezium.
//   - G3: a slot that goes from Debezium to the relay and back under load loses nothing and keeps the order of each key. Each repeats what the other had not confirmed. Test: TestSwitchesLoseNothing.
package debezium
