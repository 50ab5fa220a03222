// Package partitions runs programs on the partitions of Kafka topics.
//
// # Overview
//
// A [Group] is a consumer group whose shard p is partition p of all its topics. Each shard runs on one node at a time,
// with tables ([NewTable]), timers ([NewTimer]) and outside work ([Tx.Go]). A handler's effects on tables and timers, the
// messages it emits and the offset of its record are one Kafka transaction.
//
// # Guarantees
//
//   - G1: the effects of a record are committed exactly once, however often its handler is called, through crashes, pauses and broker faults. Test: TestSimulation.
//   - G2: a shard's fencing token grows with each change of ownership, and nothing of an older one follows. Test: TestSimulation.
//   - G3: a handler that fails leaves nothing behind, and the record is retried or becomes a dead letter in the same transaction. Test: TestPoison.
//   - G4: timers fire once, not before their time, also when the shard moves. Test: TestTimers.
//   - G5: a wrong definition is an error of New. Test: TestDefinitionErrors.
//   - G6: a node that joins or leaves in good order makes nobody repeat anything. Test: TestExactlyOnce.
//   - G7: a singleton runs on one node at a time: where it ran it has ended before it begins elsewhere, also when its node is cut off. Test: TestSingleton.
//   - G8: the simulation that holds G1 and G2 finds what it is for: mistakes made on purpose. Test: TestMutantsAreCaught.
//   - G9: a command is answered from the transaction that did it, from any node; a refused one leaves nothing behind. Test: TestAsk.
//   - G10: a group with Halt ends at the record that it cannot handle, and says which. Test: TestHalt.
//   - G11: a view says only what its level of freshness allows, or who is to be asked instead. Test: TestView.
//   - G12: a standby that has caught up is the next owner, and goes on from what it has. Test: TestStandby.
//   - G13: a request reaches the owner of its key through any node, with who asks, and only from a node that has the group's secret. Test: TestForward.
//   - G14: parked records are handled again in the order of their key, with nothing of the key before or between. Test: TestPark.
//   - G15: what older code has stored is read as the table's upgrade makes it; what cannot be read ends the run and costs no record. Test: TestStoredVersions.
//   - G16: a row that has expired is not there for anybody, and goes from the changelog. Test: TestTTL.
//   - G17: a group begins while brokers are away, as soon as the others can do without them. Test: TestBrokerAwayAtStart.
//   - G18: what this version writes is read as it was recorded, and what a later one may add is passed over. Test: TestRecordedState.
//   - G19: a group needs no more rights on the cluster than Access lists. Test: TestAccess.
//   - G20: a group whose offsets were forgotten while its state was not counts nothing again: it is refused. Test: TestOffsetsGone.
//   - G21: what a singleton does by its lease is committed while the lease stands, or not at all. Test: TestLease.
//   - G22: a call whose message brokers refuse for good fails with the reason and leaves nothing behind; others go on. Test: TestRefused.
//   - G23: a node that the group has given up while it joined again begins its shards anew, with what others have committed. Test: TestEvictedWhileJoining.
//   - G24: a broker that is the group's coordinator no more, and does not know it yet, makes nobody repeat anything. Test: TestDeposedCoordinator.
//   - G25: a group that is reset builds its state again from its inputs, also where nodes have kept some on disk, and its tokens go on growing. Test: TestReset.
//   - G26: what a node keeps over a rebalance stands still for seconds at most, not until a dead member's session has timed out. Test: TestKeptShardsGoOn.
//   - G27: a counter counts what is committed, never twice, however often a handler is called; a node that dies may take its last counts with it. Test: TestCounter.
//   - G28: a node that dies with its claims open holds nobody up for longer than one that has committed them. Test: TestUnfinishedClaim.
//   - G29: a question that is kept is answered by a later transaction, also when its shard has moved. Test: TestLater.
//   - G30: a message that brokers refuse for good stops what emits it, and nothing that shares its batch. Test: TestRefusedRecord.
//   - G31: a topic that is not there stops a lane for seconds, and then those alone that emit to it. Test: TestRefusedTopic.
//   - G32: what is told of commits is told once, in their order, and work beside a shard may be bounded by who begins it. Test: TestCommitted.
//   - G33: a node that stops leaves once what it drains has ended, and its shards are live until then. Test: TestDraining.
//   - G34: a process that is not in a group asks it commands, and no shard moves for that. Test: TestOutside.
//   - G35: what a transaction merely tells is left out where its topic takes nothing, and the transaction goes on. Test: TestTell.
//   - G36: a transaction that writes 64 MiB takes no more calls: what is left is for the next ones. Test: TestLargeTransactions.
//   - G37: a node's check falls until it has joined and has the state of its shards, and while the group has given it up; later restores as told. Test: TestCheck.
//   - G38: a request that may have reached the owner is not sent to it again, whatever its headers say. Test: TestForwardedOnce.
//   - G39: a node of the first version takes a forwarded request that has neither roles nor session. Test: TestPeerUpgrade.
//   - G40: who reads what is stored may bound what is held of it. Test: TestReadStored.
//   - G41: a record that cannot be read for a while, since what its codec needs is away, waits in its order and becomes no dead letter. Test: TestUnread.
//   - G42: a question with a name is done once, however often, by whom and of whom it is asked, and answered as it was the first time. Test: TestOnce.
//   - G43: what Forward answers by itself is a problem of RFC 9457 that says what to do, also where the request's time is over. Test: TestForwardRefusals.
//   - G44: who awaits a row on its owner is given it once it is committed, or told to ask elsewhere when the shard leaves. Test: TestAwait.
//   - G45: what a node has sent on and what comes back to it is refused at once. Test: TestForwardLoop.
//   - G46: a payload that stands elsewhere is fetched before its record's transaction: meanwhile its partition waits, and nothing else. Test: TestFetched.
//   - G47: a fetch that hangs holds up no shard that leaves; the next owner handles the record. Test: TestFetchRevoked.
//   - G48: payloads that were fetched are handled in order and once, some at a time, also where transactions are made again. Test: TestFetchOrder.
//
// # Limits
//
// A row with its key, and an answer, have at most 1,000,000 bytes, and a call of a handler emits at most 10,000 messages: beyond that it
// fails with [ErrLimit]. A transaction has many calls. It ends when it has written 64 MiB or its handlers have taken 2 seconds, and so writes no more
// than that and what its last call does. Of both, what is neither a record nor a timer, such as what [Tx.Go] returns and [Beside.Do], has
// one half, so that it holds up neither.
//
// What stands elsewhere than in its record, as of package claimcheck, is fetched beside the lane: one at a time of each partition, and at
// most 8 of a lane, or 64 MiB of them unless one alone is larger, which are held until their transactions are committed.
// A store that hangs keeps up to 8 fetches of a lane for as long as its codec lets each take, and others wait for room; the pause after a fetch that
// failed keeps none.
//
// # Refused messages
//
// Brokers may refuse a message for good. One that is refused for itself, as for a time that its topic does not allow, fails the
// call that emitted it at once: a record is poison ([OnPoison]), a timer fires again a minute later, a question is
// answered with the error, and [Tx.Go]'s otherwise is called. A topic that is not there or may not be written is waited for, 10 seconds,
// while the lane's other shards wait too; [Group.Do] is told at once. After that whoever emits to the topic fails, and brokers
// are asked again every 30 seconds. So let the topics be there before the group runs, and mind that a right taken away for
// longer than 10 seconds makes dead letters.
//
// # Concurrency
//
// A [Group] and its definitions are safe for concurrent use; a [Tx] belongs to its handler. Handlers of one shard run one
// after the other.
package partitions
