// Package procfs reads from /proc what a process has used. Linux only.
//
// # Guarantees
//
//   - G1: CPU time grows with work, and the peak is some of the machine's memory. Test: TestOwnProcess.
package procfs
