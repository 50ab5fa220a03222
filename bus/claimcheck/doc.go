// Package claimcheck keeps large payloads beside Kafka: the record holds a small reference, the claim check of Hohpe and Woolf's Enterprise
// Integration Patterns, and a bucket holds the payload. Publishers and consumers do not notice.
//
// [Codec] wraps any codec of package bus, and is given to bus.Event.Encoded. A payload of at most [Over] bytes stays in its record as it is; a larger
// one is put into the [Store] first, and the record holds its [Reference], a JSON document that any Kafka tool shows:
//
//	{"millrace-claim":1,"key":"outbox.event.document/acme/claim-5f0c…","size":734003,"sha256":"9b74…","type":"application/json"}
//
// # Order
//
// Claim checks go around everything else: claimcheck.Codec(sealed.Codec(bus.JSON, …), …). What is stored is then sealed, and a tenant whose key is
// destroyed is forgotten in the bucket too; the other order is refused. A wire format of a registry goes around the reference.
//
// # Keys
//
// Each payload has an object and a random key of its own, below its topic and its tenant. Equal payloads are not kept once: what is shared could not
// be deleted with one of its tenants, and would tell one what another has. Publishing a message again puts its payload again.
//
// # Tenants
//
// With [Place].Tenant, a key names the tenant that the payload names, and the payload that is read must name the tenant of its key. A record may
// refer to payloads of its own tenant (ce_tenant) and to those of nobody, whose keys have "-" in the place of one; a record without a tenant to
// those of nobody alone. So publish a tenant's payload with that tenant in the context: a large one is refused otherwise, with [ErrTenant], before it
// is put; a test finds that for small ones too with Over(0). Readers refuse a record that was written past this package, with [ErrForged]. Without
// Place.Tenant all payloads that are put are of nobody.
//
// # Waiting
//
// While the store is away, publishing a large payload fails with class transient, and small ones go on. Subscriptions wait with the keys concerned,
// however long: that is no attempt, and makes no dead letter. In a group of package partitions what is behind the event in its partition waits,
// and nothing else: the payload is fetched before the event's transaction begins, one at a time of each partition, and 8 or 64 MiB of each lane. A
// store that hangs is waited for no longer than [ReadLimit] says, and counts as one that is away then. A payload that is gone or changed makes its
// event a dead letter that says so, which can be redriven when the object is back.
//
// # Collection
//
// A payload is put before its event is published, so one whose publishing failed, or whose database transaction was rolled back, has no record. A
// [Collector] deletes these, and those whose records are gone: it reads all that the topics keep, those of retries, dead letters and tables included,
// to their ends, notes the references, and deletes the objects that are older than [Grace] and have none. Rows of an outbox that are not relayed yet
// are protected by the grace, and by what [Since] says: the grace must exceed the time for which a relay may be away, unless Since tells of its
// rows, as `millrace claimcheck gc --database` and `millrace serve --collect` do. Where a topic's retention comes past the reading, it goes on
// behind; where it does so round after round, the collection fails. Retry and dead letter topics keep records for ever unless
// they are given a retention, and their payloads as long. A topic must keep its records for longer than a group takes to handle them or to write
// them into its retry topic. Only JSON, text and other encodings in which a key stands as it is can be read for references: a value that holds one in
// base64, or compressed by the application, must be kept from collection by other means.
//
// Run [Collector.Run] as a singleton of a partition group, or `millrace claimcheck gc`. With [Metrics], by the time of each collection:
// millrace.claimcheck.objects, stored (bytes) and collected (when), and counters deleted, freed (bytes) and failures.
//
// # Guarantees
//
//   - G1: a payload up to the threshold is in its record as it would be without, a larger one in the store, up to the limit. Test: TestThreshold.
//   - G2: any payload is read as it was written, also one that looks like a reference. Test: TestAnyPayloadIsRead.
//   - G3: a reference is read with its members in any order and with more of them; another version is refused. Test: TestReferenceFormat.
//   - G4: an object that is missing, cut or changed is a permanent error with its code, a store that is away a transient one. Test: TestObjectIsWrong.
//   - G5: a reference in an event of another topic or tenant, or of none, is refused. Test: TestForgedReference.
//   - G6: of a shredded tenant nothing can be read, and its objects can be deleted. Test: TestShreddedTenant.
//   - G7: while the store is away nothing is lost, and nothing is a dead letter. Test: TestStoreAway.
//   - G8: an event whose payload is gone is a dead letter that says so, and is handled once the payload is back. Test: TestLostPayload.
//   - G9: tombstones and empty values are as they would be without. Test: TestTombstone.
//   - G10: objects without a reference are deleted after the grace and not before; retry, dead letter and changelog topics count. Test: TestCollect.
//   - G11: where anything cannot be read to its end, nothing is deleted. Test: TestUnreadable.
//   - G12: beside publishing, retries, dead letters and redrives no payload is deleted that an event refers to. Test: TestCollectBesidePublishing.
//   - G13: memory is bounded, and errs by keeping. Test: TestFullFilter.
//   - G14: what a transaction that is open holds is waited for, and what an aborted one holds is deleted. Test: TestTransactions.
//   - G15: payloads of nobody are read in any record, and those of a tenant in its own alone. Test: TestHonestTenants.
//   - G16: what may wait in an outbox by what [Since] says is kept, and everything where it fails. Test: TestSince.
//   - G17: where the store's time is not known nothing is deleted. Test: TestClock.
//   - G18: a large payload that is published in a context that is not its tenant's is refused, and is not put. Test: TestPublishedForAnother.
//   - G19: a topic whose retention comes past the collector ends no collection. Test: TestRetentionOutruns.
//   - G20: a store that hangs counts as one that is away after [ReadLimit]; a lane's commands go on meanwhile. Test: TestStoreHangs.
//   - G21: a payload can be fetched before its event is decoded, which asks nobody then. Test: TestFetch.
package claimcheck
