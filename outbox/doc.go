// Package outbox publishes events with a database transaction: both happen, or neither does.
//
// # Overview
//
// [In] and [InSQL] turn an open PostgreSQL transaction into a [bus.Publisher] that writes rows into the outbox table.
// A [Relay], which is a part of a group of package partitions, reads the committed rows from the write-ahead log by
// logical replication and publishes them, each in the Kafka transaction that also notes how far it has come. Table and
// records are those of Debezium's outbox event router under the configuration that deploy/kafka recommends and the
// relay itself reads, so that a Debezium connector may take the relay's place.
//
// By default a row is deleted in the transaction that inserts it: the write-ahead log carries it, and the table stays
// empty. PostgreSQL needs wal_level = logical, and the relay's role the REPLICATION attribute.
//
// # Guarantees
//
//   - G1: a committed row is published exactly once to who reads committed records, a rolled back one never, through crashes of relays. Test: TestExactlyOnce.
//   - G2: events of one aggregate are published in commit order, also after a failure. Test: TestRelayKeepsOrder.
//   - G3: a checkpoint goes on after all that was published with it, in the middle of a transaction too, and a transaction of any size takes bounded memory. Test: TestQueuePositions.
//   - G4: one relay of a slot works at a time; another takes over when it ends. Test: TestRelayStandby.
//   - G5: an idle relay keeps no write-ahead log back. Test: TestRelayIdleAdvances.
//   - G6: a record has the bytes and headers that Debezium makes of the row. Test: TestRecordShape.
//   - G7: the relay reads the connector configuration that deploy/kafka recommends. Test: TestConnectorFilesAgree.
//   - G8: a refused message writes nothing of its call, and the transaction can go on. Test: TestWriterRefuses.
//   - G9: a first relay goes on with a slot that something else has made and read. Test: TestFirstStart.
//   - G10: a slot that was lost stops the relay, and is made anew when it is told so. Test: TestVanishedSlot.
//   - G11: a slot that something else has read stops the relay, with the gap named. Test: TestSlotReadByOthers.
//   - G12: positions of one server are not taken for another's. Test: TestOtherServer.
//   - G13: a connector configuration, its lists of tables too, is followed, or refused where it would make other records. Test: TestConnectorIsFollowedOrRefused.
//   - G14: a consumer's database effect under [Once] happens exactly once, however often and wherever the event is delivered, while its note is kept. Test: TestOnceIsExactlyOnce.
//   - G15: of two transactions with one event, the second waits for the first, and handles the event when that was rolled back or died. Test: TestOnceWaits.
//   - G16: consumers see a message that came through an outbox as one that was published on a bus, whatever its topic, id, key and headers. Test: TestAnyMessage.
//   - G17: a table of an earlier version, or in Debezium's own layout, is migrated with nothing lost that is still in the log. Test: TestMigrateUpgrades.
//   - G18: an event that is written into the log alone makes the record that it makes by a table. Test: TestLogOnlyRecordsAreTheSame.
//   - G19: a row that a relay has to look for, see [Polled], is published exactly once, and in the order of commits where writers hold their aggregate's lock, whoever commits when and wherever relays die. Test: TestPollExactlyOnce.
//   - G20: looking passes over no row whose transaction commits late. Test: TestPollPassesNothingOver.
//   - G21: no writer can take a row away before it is published, and through a change between looking and the log each row is of one relay. Test: TestPollHandsOver.
//   - G22: deleted rows that old snapshots keep do not make looks slower. Test: TestPollFloor.
//   - G23: a row that Kafka refuses for good stops the relay, which names it, and goes on when that is mended. Test: TestRefusedRow.
//   - G24: with DeadLetters such a row becomes a dead letter in the transaction that passes over it. Test: TestDeadLetters.
//   - G25: who has a relay, how far it is and what stands in its way can be asked of Kafka, whether it runs or not. Test: TestStandings.
//   - G26: what comes before a row of which no record can be made is published, and the error says where it is and how to pass over it. Test: TestUnroutableRow.
//   - G27: a relay publishes what roles tell the log alone only when it is given [LogOnly]. Test: TestLogOnlyIsAskedFor.
//   - G28: a relay may crash at any step between reading a row and confirming it, in the middle of a large transaction too. Test: TestEachStep.
//   - G29: a server that runs on from a copy of its disk older than what was read of it stops the relay, and none of its events is passed over, nor anything of the right server once it is there again. Test: TestRestoredDisk.
//   - G30: a topic that is unknown for some seconds makes no dead letters. Test: TestUnknownTopicWaits.
//   - G31: a publication that has lost tables, as those that were made anew, is told of, with each of them. Test: TestTablesMadeAnew.
//   - G32: a server that may say nothing for minutes is not given up meanwhile. Test: TestSilentServer.
//   - G33: a table that is locked, as while it is changed, keeps no row back that was committed before. Test: TestTableIsLocked.
//   - G34: rows that wait keep about their own size in memory, whatever else is in the log. Test: TestSmallRowsKeepLittle.
//   - G35: a topic that was given up as unknown keeps no other rows waiting, and is written to again once it is there. Test: TestUnknownTopicComesLate.
//   - G36: the check of a database falls while it is away or takes no writes. Test: TestReachable.
//   - G37: a relay that is in trouble or behind says so in its checks. Test: TestRelayCheck.
//
// # Debezium
//
// [Connector] takes a connector's own file. What shapes records in it is followed, or refused by name; which options,
// converters and column types these are is in deploy/kafka/debezium-outbox.md, with the way from one to the other. What
// differs: Debezium's headers about its context; record times, where no column has them; payloads that Debezium drops or
// fails at, which keep their own bytes; the order of fields in an expanded array whose objects differ; and digits of
// floating point numbers before Java 19. Package integration/debezium compares the two.
//
// # Without a table
//
// [LogOnly] writes events with pg_logical_emit_message, as JSON objects that Debezium's
// DecodeLogicalDecodingMessageContent opens, in the recommended configuration, and the relay likewise.
//
// # Without logical replication
//
// [Polled], given to [Migrate] and [NewRelay], lets the relay look for rows and delete them once they are published. It
// needs SELECT and DELETE on the table, INSERT and UPDATE on "<table>_poller", and no more: no replication, and no
// session, so that a pooler may stand in between. Rows get a seq, and are published in its order. One look is one
// snapshot, and the Kafka transaction of its records holds their ids too, which whoever comes next deletes first. Writers
// must hold their aggregate's lock when they publish, as an UPDATE of its row does; the seqs of two that do not may differ
// from the order of their commits. A database that goes back to an earlier state repeats events, and so does a fail-over
// that loses commits.
//
// To change from the log to looking, run Migrate with Polled, let the relay of the log go on until its lag is 0, then
// start one with Polled in its place, and drop the slot. To change back, run Migrate with [Replicated], which makes the
// slot, let the looking relay go on until the table is empty, then start one of the log. A row that is written while both
// run is published by one of them; started in this order, they also keep the order of each aggregate. A Debezium
// connector does not look at seq: it repeats what was written after its slot was made and before Migrate had ended.
//
// # Any message
//
// Debezium's columns are text and few. A topic outside of "outbox.event." is the aggregatetype "topic:" and its name; a
// RegexRouter behind the event router, in the recommended configuration, takes "outbox.event.topic:" off. An id that is
// not a UUID in PostgreSQL's form becomes one that is always the same, and is carried beside it. Headers without a
// column are packed into one, which package bus unpacks; other consumers see [bus.HeaderPacked], from either relay. The
// partition that a record names, and its time, are not carried; a key must be text.
//
// # Inbox
//
// A consumer sees an event again after a crash, a rebalance or a redrive. [Once] notes the event in the transaction in
// which the consumer writes, in a table that [Migrate] makes, with [OnlyInbox] in a database that only consumes.
// [Forget] removes old notes, 10,000 at a time.
//
// # When a standby takes over
//
// With [Failover] a relay goes on where it was, on the new primary's timeline. What it published of transactions that
// the standby did not have is not undone, and nothing else is published twice, or lost in places of the log that both
// servers used. Without a copy of the slot it stops with a [GapError], as it does on a server that runs on from a copy of
// its disk that is older than what was read of it.
//
// # Payload column
//
// The default type, json, keeps the bytes of JSON as they were written; jsonb reorders fields; text takes any text;
// bytea takes any payload, and a Debezium connector then needs BinaryDataConverter. See [PayloadAs].
//
// # When a relay stops
//
// A relay never ends its group's run. What passes by itself, such as a server that restarts, it waits out. What must be
// mended by hand is logged, is in [Relay.Status] and in the metrics, and is tried again within half a minute: a slot or
// publication that is not there, rows that may be missing ([GapError]), a row that Kafka refuses for good
// ([RefusedError], [DeadLetters]), a row of which no record can be made, as one that says nothing of its topic. All that
// committed before such a row is published. PostgreSQL keeps its log meanwhile: bound it by max_slot_wal_keep_size.
package outbox
