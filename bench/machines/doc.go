// Package machines has the bench "machines": a backlog of events for the instances of a machine, and questions to them, beside
// the same work as a bare handler of package partitions. The group is a process of its own, the questions come from the bench's.
// Linux only: memory and CPU time come from /proc.
//
// # Guarantees
//
//   - G1: both sides are given the same events, and do the same with them. Test: TestSidesAgree.
//   - G2: a side that loses, repeats, reorders or changes a transition is refused. Test: TestTallyRefuses.
package machines
