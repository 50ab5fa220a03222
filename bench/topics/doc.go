// Package topics reads what a side of a bench has written, says how far it has come, and removes what it has left.
//
// # Guarantees
//
//   - G1: everything in a topic is read, once, and what its aborted transactions wrote is not. Test: TestRead.
//   - G2: of a prefix's topics all are removed, and no other. Test: TestRemove.
package topics
