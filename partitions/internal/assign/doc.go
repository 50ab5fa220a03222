// Package assign decides which member of a consumer group owns which shard, and tells every member.
//
// # Overview
//
// A [Balancer] is a group balancer for the classic protocol, cooperative, made for groups whose topics are co-partitioned:
// shard p is partition p of all of them and has one owner. Each member joins with its [Node]: id, address, rack, zone,
// weight, and the shards of which it has warm copies. The group's leader makes a [Plan] and sends the whole of it to every
// member, so each knows the owner of every shard in its own generation. [Describe] reads it from outside the group.
//
// # Guarantees
//
//   - G1: a shard has one owner, of all its topics; one that changes hands has none until the old owner has given it up. Test: TestNobodyOwnsTwice.
//   - G2: each member owns its share by weight, rounded down or up; one without weight owns nothing. Test: TestSharesByWeight.
//   - G3: only as many shards move as the shares ask for. Test: TestFewestMoves.
//   - G4: what must move goes to a caught-up copy where one has room. Test: TestMovesGoToWarmCopies.
//   - G5: after a change of members the group is settled, and every shard owned, after two rounds. Test: TestSettlesInTwoRounds.
//   - G6: standbys are never on the owner's process, and apart from it by zone and rack where shares allow. Test: TestStandbysKeepApart.
//   - G7: every member sees the same plan in the same generation, also one that owns nothing and one outside the group. Test: TestGroup.
//   - G8: the same members give the same plan, and the same node joins with the same bytes. Test: TestDeterministic.
//   - G9: 100 nodes and 1,000 shards are balanced in bounded time, and their plans fit into a group's record. Test: TestHundredNodes.
//   - G10: what one version wrote is read by the next, and what that will write by this one. Test: TestRecordedVersions.
//   - G11: what a foreign or hostile member sends is an error that names it. Test: TestForeignMembers.
//   - G12: topics of unequal partition counts are refused with their counts. Test: TestUnequalTopics.
//   - G13: a member claims what it owns since the last plan that it knows, not since a generation that it has only joined. Test: TestClaimsOfTheLastPlan.
//
// # How a shard moves
//
// In the round in which a plan takes a shard from its owner, the shard has an heir and no owner. The owner gives it up and
// joins again, and in the round that follows the heir owns it. Members that read only some of the group's topics, as
// during a rolling deployment that adds one, own their shards in those alone.
//
// # What is sent
//
// A member's node is the user data of its join, the plan is the user data of each assignment. Both begin with the bytes MR,
// a kind, the version that wrote them, the least version that reads them, and flags; sections follow, and unknown ones are
// skipped. Long plans are compressed.
//
// # Static membership
//
// A static member that leads the group and restarts is handed its old assignment and makes no plan: plans then show its old
// member id and address until the next round. Groups that need them at once force a rebalance after such a start.
//
// # Concurrency
//
// A [Balancer] belongs to one client. A [Plan] is not changed after it was handed out.
package assign
