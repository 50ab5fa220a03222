// Package bus carries typed events over Kafka.
//
// # Overview
//
// A contract, made by [Define], gives a kind of event its name, Go type, key and topic. [Bus.Publish] sends messages
// made from contracts, [Bus.Subscribe] runs handlers for them, and [Bus.Read] iterates over a topic as it is. Records
// follow the CloudEvents 1.0 Kafka protocol binding in binary mode: attributes are headers, the value is the payload
// alone, so that any Kafka tool shows them.
//
// # Guarantees
//
//   - G1: an acknowledged publish has been written by all in-sync replicas, once, in order for its key. Test: TestPublishKeepsKeyOrder.
//   - G2: a publish error says whether nothing was written or the outcome is unknown. Test: TestPublishErrorClass.
//   - G3: an atomic message is seen by committed readers as a whole or not at all. Test: TestAtomicIsAllOrNothing.
//   - G4: a record carries the CloudEvents attributes, the trace context and the payload alone. Test: TestRecordIsCloudEvent.
//   - G5: a read yields every committed record from where it begins, in order within a partition. Test: TestReadFromEarliest.
//   - G6: a wrong definition is an error before anything is sent. Test: TestDefinitionErrors.
//   - G7: an event is handled at least once, in order for its key, and a slow key holds up no other. Test: TestConformance.
//   - G8: an offset is committed only when everything before it was handled or is safe in the group's own topics. Test: TestConformance.
//   - G9: what a group cannot handle is kept with its bytes, position and reason, and can be redriven once. Test: TestConformance.
//   - G10: an event behind Once is handled once for its group, and waits while that cannot be checked. Test: TestConformance.
//   - G11: an incompatible contract is refused with its differences before anything is created, registered or published. Test: TestVerifyRefusesIncompatible.
//   - G12: of processes that register different schemas of one version at once, one wins and the others are told. Test: TestVerifyRace.
//   - G13: the trace of a publisher goes on in the handler. Test: TestTraceGoesThrough.
//   - G14: a retry waits as long as its policy says, and not longer. Test: TestRetryOnVirtualTime.
//   - G15: an address that asks for encryption or authentication gets it, or an error; a password is in no error. Test: TestSASL.
//   - G16: an error about a payload holds none of it. Test: TestDecodeErrorHoldsNoPayload.
//   - G17: a JSON payload is read as it was written, and null never becomes a zero value that nobody wrote. Test: TestJSONRefuses.
//   - G18: a payload type that holds itself has a schema; one that cannot have any is an error. Test: TestRecursiveTypes.
//   - G19: a version brings only the changes that its contract allows, against all registered versions. Test: TestCompatibilityModes.
//   - G20: contracts that share a topic agree about it, or the error names both. Test: TestTopicsShared.
//   - G21: a topic that is otherwise than its contracts state is told about and not changed. Test: TestTopicDrift.
//   - G22: a foreign record in the schema topic stands in the way of no other contract. Test: TestForeignSchemaRecords.
//   - G23: processes that are the first to verify the same contracts at once all succeed. Test: TestVerifyFirstTogether.
//   - G24: another registry decides in place of the schema topic, before anything is created. Test: TestRegistryDecides.
//   - G25: in a wire format a value is read as what it is, framed or not, and nowhere taken for something else. Test: TestFraming.
//   - G26: an event is read with the schema that its version was written with; while that cannot be known, it is tried again. Test: TestResolver.
//   - G27: an event of a shared group is handled at least once, by more processes than partitions, however often they stop. Test: TestConformance.
//   - G28: what a shared process holds is given to no other, however long it takes; others overtake it. Test: TestSharedRenewsLocks.
//   - G29: a shared group handles what was committed, and nothing else. Test: TestSharedReadsCommitted.
//   - G30: a group is shared or it is not; a name of the other kind, or a broker that cannot share, is an error. Test: TestSharedGroupKind.
//   - G31: an advertised address that cannot be connected to is named, with who advertises it and what to check. Test: TestAdvertisedAddressUnreachable.
//   - G32: a broker that cannot be reached does not stop what others lead. Test: TestOneBrokerDead.
//   - G33: a certificate that is asked for is shown, and read anew for each connection; a refused one is ErrDenied. Test: TestMutualTLS.
//   - G34: a topic that is deleted while it is read ends the reading, with what to do. Test: TestTopicDeletedUnderway.
//   - G35: credentials are asked for again at each connection; when they are refused in the middle, publishing and consuming say so. Test: TestCredentialsRunOut.
//   - G36: neither an outage of the cluster, however long, nor a group that takes a process for dead ends a running subscription. Test: TestOutageUnderway.
//   - G37: an event is refused as too large for its own size and its topic's limit alone, whatever is published with it. Test: TestTopicLimit.
//   - G38: whatever an event's size and headers, it gets to the dead letters, and stays there until it is redriven. Test: TestForeignFailureHeaders.
//   - G39: an event that happened long ago is published as one of now is, also while connections break. Test: TestPublishOfThePast.
//   - G40: partitions that stand still, of the retry topic too, hold up no others, however much waits in them. Test: TestStuckPartitions.
//   - G41: a record that is pinned goes to its partition and keeps its time; a partition that the topic lacks is an error. Test: TestPinnedRecords.
//   - G42: headers that came packed in one, as an outbox table does with those that it has no columns for, are read as themselves. Test: TestPackedHeaders.
//   - G43: the check of a cluster that does not answer fails. Test: TestCheck.
//   - G44: a dead letter that is discarded is none any more, and is not redriven; others stay. Test: TestDiscard.
//   - G45: of redrives and discards of a group at once the last one goes on: no dead letter moves twice. Test: TestRedriveTakenOver.
//   - G46: of user and password in an address nothing is taken for a broker or told in an error; where it cannot be told where they end, it is refused. Test: TestAddressKeepsSecrets.
//   - G47: a redrive or discard whose transaction Kafka has ended for its length begins once more, and no dead letter moves twice. Test: TestRedriveOverrun.
//   - G48: what stands elsewhere than in its record can be fetched first, and is decoded without asking anybody then. Test: TestFetch.
//
// The tests of G7 to G10 and of G27 are the checks of bustest.Conformance, which also run on Apache Kafka.
//
// # Payloads and their schemas
//
// A [Codec] encodes payloads and knows its schema language: [JSON] here, Protobuf in bus/protobuf, Avro in bus/avro.
// [Bus.Verify] registers each version's schema in a [Registry] and compares it with all others; [Compatible] says what
// may change. The default, [Full], is what lets consumers be deployed before producers and after them, and old events be
// read again. The registry is the topic [SchemaTopic], or with [SchemaRegistry] another one, such as a
// Confluent-compatible server with its wire format in bus/confluent.
//
// # Concurrency
//
// A [Bus], an [Event] and a [Message] are safe for concurrent use.
//
// # Testing
//
// Package bustest opens a bus on a broker within the test's process. Under testing/synctest, with the build tag
// synctests that the Kafka client asks for, such a bus runs on virtual time.
package bus
