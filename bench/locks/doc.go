// Package locks measures locks on a log: acquires that nobody contends, a queue of a hundred, and the death of a holder.
//
// # Guarantees
//
//   - G1: an argument that is not known is refused before anything is started. Test: TestArguments.
package locks
