// Package sagas has the bench "sagas": flows of three steps, and flows that wait for a signal, beside DBOS Transact for Go on
// PostgreSQL and Temporal with its embedded store. Each side is a process of its own that runs what package flows says. Linux
// only: memory and CPU time come from /proc.
//
// # Guarantees
//
//   - G1: figures are medians of the turns, and quantiles over all of them. Test: TestFigures.
package sagas
