// Package outbox publishes events with a database transaction: both happen, or neither does.
//
// # Overview
//
// [In] and [InSQL] turn an open PostgreSQL transaction into a [bus.Publisher] that writes rows into the outbox table.
// A [Relay] reads the committed rows from the write-ahead log by logical replication and publishes them. Table and
// records are those of Debezium's outbox event router under the configuration that deploy/kafka recommends and the
// relay itself reads, so that a Debezium connector may take the relay's place.
//
// By default a row is deleted in the transaction that inserts it: the write-ahead log carries it, and the table stays
// empty. PostgreSQL needs wal_level = logical, and the relay's role the REPLICATION attribute.
//
// # Guarantees
//
//   - G1: a committed row is published at least once, a rolled back one never. Test: TestRelayPublishesCommitted.
//   - G2: events of one aggregate are published in commit order. Test: TestRelayKeepsOrder.
//   - G3: the log position is confirmed only after every record before it was acknowledged. Test: TestRelaySurvivesPublishFailure.
//   - G4: one relay of a slot works at a time; another takes over when it ends. Test: TestRelayStandby.
//   - G5: an idle relay keeps no write-ahead log back. Test: TestRelayIdleAdvances.
//   - G6: a record has the bytes and headers that Debezium makes of the row. Test: TestRecordShape.
//   - G7: the relay reads the connector configuration that deploy/kafka recommends. Test: TestConnectorFilesAgree.
//   - G8: a refused message writes nothing of its call. Test: TestWriterRefuses.
package outbox
