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
