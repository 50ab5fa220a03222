// Package locks measures locks on a log: acquires that nobody contends, a queue of a hundred, and the death of a holder.
//
// # Guarantees
//
//   - G1: a quantile is one of the values. Test: TestQuantile.
package locks
