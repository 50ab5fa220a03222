// Package embedded runs the servers that a development machine lacks: a Kafka broker and a Redis server within the
// process, and PostgreSQL beside it. Their data stays in one [Directory].
//
// # What survives
//
// The broker hands every batch to the operating system before it acknowledges it, and PostgreSQL syncs every commit, so
// the end of this process, however sudden, loses nothing that was acknowledged.
//
// A power cut is another matter: what the broker has acknowledged is on the disk only with [SyncWrites], which dev gives
// unless it is told otherwise. The relay lets PostgreSQL forget what the broker has acknowledged, so that without it the
// last orders before a power cut may have no event. What it costs depends on the disk: on a virtual machine's a record
// sent alone took 0.4 ms and not 0.03, and 32 senders of single records reached 2,000 a second and not 66,000; batches of
// many records cost nothing more. Redis keeps nothing.
//
// # Guarantees
//
//   - G1: a directory belongs to one process at a time; another one is told which process has it. Test: TestDirectoryHasOneOwner.
//   - G2: records, topics and group offsets are there again when the broker is started on the same directory. Test: TestBrokerKeepsRecords.
//   - G3: a port in use is an error that names the address. Test: TestBrokerPortInUse.
//   - G4: what an ephemeral directory held is removed, also that of a process that was killed. Test: TestEphemeralDirectory.
package embedded
