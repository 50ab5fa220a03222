// Package store keeps the local state of shards: what a changelog says, up to a position, and the position with it.
//
// [Memory] keeps it in the process. [Shard.Apply] takes changes and the position after them together, so that restoring
// can always go on from [Shard.Position], and is never from the beginning because of a crash.
//
// # Guarantees
//
//   - G1: a shard holds what the changes applied so far make of it, and the position of the last of them. Test: TestModel.
//   - G2: Range yields ascending keys, each once, and misses nothing that stays, whatever is applied meanwhile. Test: TestRangeWhileApplying.
//   - G3: a reader sees a batch as a whole or not at all. Test: TestReadersSeeWholeBatches.
//   - G4: what was read stays as it is, whatever is applied later, and what was applied is the caller's again. Test: TestBytesAreNobodyElses.
//   - G5: a shard is open once, a closed one is an error and not a panic, and what is dropped is gone. Test: TestLifecycle.
//   - G6: memory stays in proportion to what is alive, however often it is written again. Test: TestMemoryIsBounded.
//   - G7: reading memory allocates nothing. Test: TestGetAllocatesNothing.
package store
