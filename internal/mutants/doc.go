// Package mutants finds out whether a package's tests find what they are for: mistakes are made on purpose, and the tests must fail.
//
// # Guarantees
//
//   - G1: a mistake that its test does not find, or by something else than what it looks at, is told of. Test: TestLives.
package mutants
