// Package process runs a side of a bench in a process of its own, so that what it uses can be told.
//
// # Guarantees
//
//   - G1: a process that ends by itself is noticed, and one that is ended is waited for. Test: TestProcess.
package process
