// Package procfs reads from /proc what a process has used. Linux only.
//
// # Guarantees
//
//   - G1: CPU time grows with work, and memory is some of the machine's. Test: TestOwnProcess.
//   - G2: a server is found by its port, and what its children use is its own. Test: TestServer.
package procfs
