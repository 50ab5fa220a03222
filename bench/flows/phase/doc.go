// Package phase is what all sides of a bench have in common that are programs: a side is told its work as JSON in its last argument,
// and tells the marks of its phases on the standard output, each of which waits for an answer on the standard input.
//
// # Guarantees
//
//   - G1: a mark waits until it is answered, and a side that nobody answers ends. Test: TestTeller.
package phase
