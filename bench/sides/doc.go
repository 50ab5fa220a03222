// Package sides runs the sides of a bench that are programs, each a process beside a server: they tell the marks of their
// phases on the standard output, and what they and their server have used between two marks is noted. Linux only: memory and
// CPU time come from /proc.
//
// # Guarantees
//
//   - G1: a phase's CPU time and memory are those between its two marks, and every mark is answered. Test: TestWatch.
package sides
