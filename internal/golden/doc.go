// Package golden holds what a test has made against a file in which it is recorded.
//
// # Guarantees
//
//   - G1: what is not as recorded fails the test, and so does a file that is missing; with MILLRACE_UPDATE=1 it is recorded anew. Test: TestCompare.
package golden
