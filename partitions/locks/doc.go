// Package locks gives distributed locks that are decided by a Kafka log.
//
// # Overview
//
// A [Manager] takes part in the locks of one group, which is one topic of one partition. Acquire, renew, release and
// expire are records of it; every process folds them in the same order and so knows, without asking anybody, who holds
// what. [Manager.Acquire] takes one name or several at once, first come, first served, and returns a [Lease]. Its
// [Lease.Token] is the offset of the record that decided, and fences what the holder writes elsewhere.
//
// A process keeps one session in the log, which it renews while it holds or waits for anything. A holder that was not
// heard of for its lease is expired by a record that any waiter writes, by the waiter's own monotonic clock since it
// read the last sign of life. That record names this sign: one that came after it in the log wins. No wall clocks are
// compared. The holder's own clock runs from when it sent that sign, and it stops to believe the margin earlier.
//
// # Guarantees
//
//   - G1: at most one process at a time believes that it holds a name, while processes crash, lose Kafka and start, and the log is cut off. Test: TestSimulation.
//   - G2: a name is served in the order of the log, and no wake-up is lost. Test: TestFold.
//   - G3: the token grows strictly with each holder of a name. Test: TestFold.
//   - G4: several names are acquired at once, in any order, without deadlock. Test: TestSeveralNames.
//   - G5: a lease is known to be lost at least the margin before the next holder has the name, also without Kafka. Test: TestLostBeforeNext.
//   - G6: the names of a process that died pass on within its lease, and its waiting requests delay nobody. Test: TestDeadHolder.
//   - G7: a holder that lives loses nothing to a waiter that was cut off and takes it for dead. Test: TestLateExpire.
//   - G8: a process that starts reads about two snapshots' worth of the log, however long that is. Test: TestLongLog.
//   - G9: a log that was cut off anywhere loses no holder. Test: TestTruncatedLog.
//   - G10: where nobody knows any more who holds what, nothing is taken for free within the longest lease. Test: TestForgottenLog.
//   - G11: a snapshot states the fold of the log, and what goes on from it is the same. Test: TestSnapshot.
//   - G12: a request whose context ends is withdrawn and stands in nobody's way. Test: TestCancelledRequest.
//   - G13: a record that is there twice, or of an ended session, changes nothing. Test: TestRepeatedRecords.
//   - G14: a process that stops hands over what it gives back, at once. Test: TestStop.
//   - G15: what is out of the limits, or would wait for itself, is refused. Test: TestReentrant.
//   - G16: a record of a newer format ends Run and all leases, and junk changes nothing. Test: TestNewerFormat.
//   - G17: G1's test finds an expire that names no renewal, a release that ignores the lease, a holder that believes too long, and a start that forgets. Test: TestMutantsAreRejected.
//
// # What it rests on
//
// The clocks of two processes may differ by any amount; their rates may differ by a quarter, which is what the margin of
// a fifth of the lease covers. A machine that is suspended as a whole stops its monotonic clock, and a process may be
// paused between looking at [Lease.Err] and acting: against both only the token helps. The topic must keep what was
// acknowledged: several replicas, min.insync.replicas above 1, and no unclean leader election, which the topic is
// created without. Deleting the topic starts tokens from 0 again.
//
// # One partition
//
// Names that are acquired together must be in one order, so a group has one partition, and every process of the
// group reads all of it. That bounds a group to what one partition leader takes and each process folds; see the bench
// locks. Unrelated names belong into groups of their own.
//
// # The log
//
// The topic keeps records for a week. After every 1,000 records, or as many as there are requests, whoever wrote the
// last one writes the state down, as of the offset that it has folded; see [SnapshotEvery]. A process that starts looks
// for such a snapshot from the end backwards, checks its digest and folds on from there. Where there is none any more, it
// asks, and those that run answer. When nobody does, it waits until every lease must have passed. Running processes
// hold each snapshot against their own state and end with [ErrDiverged] if that differs.
//
// # Limits
//
// [MaxNames] names an acquire, each of [MaxNameBytes] bytes; [MaxWaiting] requests ahead. Locks are not reentrant. A
// strict queue has its price: a request for several names keeps those it is the first on from everybody behind it.
//
// # Metrics
//
// All have millrace.locks.group.
//
//   - millrace.locks.wait: seconds that acquires took, by outcome (acquired, busy, ended).
//   - millrace.locks.hold: seconds that leases were held until they were released.
//   - millrace.locks.leases, millrace.locks.waiting: leases and waiting requests of this process.
//   - millrace.locks.expiries: sessions that this process declared to have expired.
//   - millrace.locks.lost: leases that this process lost.
package locks
