// Package sagas has the bench "sagas": flows of three steps, and flows that wait for a signal, beside DBOS Transact for Go on
// PostgreSQL and Temporal with its embedded store. Each side is a process of its own that runs what package flows says. Linux
// only: memory and CPU time come from /proc.
//
// # Guarantees
//
//   - G1: a phase's CPU time and memory are those between its two marks, and every mark is answered. Test: TestWatch.
package sagas
