// Package tasks is the work of the bench "jobs", the same for each side: jobs are enqueued while nobody works, then drained,
// then enqueued one by one at a low pace. [Measure] drives the [Engine] of a side.
//
// # Guarantees
//
//   - G1: a side that loses or repeats jobs is refused. Test: TestRefused.
//   - G2: each phase is told before it begins and after it ended, and waits for the answer. Test: TestPhases.
package tasks
