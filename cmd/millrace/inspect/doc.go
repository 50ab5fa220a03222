// Package inspect reads what the commands of millrace and its console show, and words it, so that both tell the same.
//
// # Guarantees
//
//   - G1: sizes and times are told in the unit that says enough. Test: TestWords.
package inspect
