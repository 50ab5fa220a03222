// Package embedded runs the servers that a development machine lacks: a Kafka broker and a Redis server within the
// process, and PostgreSQL beside it. Their data stays in one [Directory].
//
// # What survives
//
// The broker hands every batch to the operating system before it acknowledges it, and PostgreSQL syncs every commit, so
// the end of this process, however sudden, loses nothing that was acknowledged. A power cut may lose the last records
// of the broker, as with Kafka's own defaults, unless [SyncWrites] is given. Redis keeps nothing.
//
// # Guarantees
//
//   - G1: a directory belongs to one process at a time; another one is told which process has it. Test: TestDirectoryHasOneOwner.
//   - G2: records, topics and group offsets are there again when the broker is started on the same directory. Test: TestBrokerKeepsRecords.
//   - G3: a port in use is an error that names the address. Test: TestBrokerPortInUse.
//   - G4: what an ephemeral directory held is removed, also that of a process that was killed. Test: TestEphemeralDirectory.
package embedded
