// Package store keeps the local state of shards: what a changelog says, up to a position, and the position with it.
//
// [Memory] keeps it in the process, [Pebble] in a directory, behind tables in memory like those of Memory.
// [Shard.Apply] takes changes and the position after them together, so that a restore can always go on from
// [Shard.Position], and is never from the beginning because of a crash.
//
// # Guarantees
//
//   - G1: a shard holds what the changes applied so far make of it, and the position of the last of them. Test: TestModel.
//   - G2: Range yields ascending keys, each once, and misses nothing that stays, whatever is applied meanwhile. Test: TestRangeWhileApplying.
//   - G3: a reader never sees an older batch after a newer one, nor a position before its batch. Test: TestReadersSeeWholeBatches.
//   - G4: what was read stays as it is, whatever is applied later, and what was applied is the caller's again. Test: TestBytesAreNobodyElses.
//   - G5: a shard is open once, a closed one is an error and not a panic, and what is dropped is gone. Test: TestLifecycle.
//   - G6: memory stays in proportion to what is alive, however often it is written again. Test: TestMemoryIsBounded.
//   - G7: reading memory allocates nothing. Test: TestGetAllocatesNothing.
//   - G8: after a kill, each shard of a directory is exactly as after its position, and shards of one Apply keep all of it or nothing. Test: TestKill.
//   - G9: a directory belongs to one store at a time, and another one is told so. Test: TestDirectoryHasOneOwner.
//   - G10: damage is an error that says that the directory may be deleted, and never an answer that is not of the position. Test: TestDamagedDirectory.
//   - G11: what a newer version wrote is refused and left as it is. Test: TestNewerDirectory.
//   - G12: Range of a directory yields what there was when it began, whatever is applied, written or wiped meanwhile. Test: TestModel.
//   - G13: a kill costs no more than what may be in memory and on its way to disk. Test: TestKill.
//   - G14: Apply waits while more is in memory than may be, and little is written after a minute. Test: TestUnwritten.
//   - G15: a shard that was emptied takes what comes after as a new one does. Test: TestEmptied.
package store
