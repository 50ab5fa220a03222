// Package tasks is the work of the bench "jobs", the same for each side: jobs are enqueued while nobody works, then drained,
// then enqueued one by one at a low pace. A side is a process: [Main] drives its [Engine] and tells each phase on the standard
// output, and the bench looks at the process and answers on the standard input. It is a module of its own, without
// dependencies, so that sides whose dependencies do not go together can share it.
//
// # Guarantees
//
//   - G1: a side that loses or repeats jobs is refused. Test: TestRefused.
//   - G2: each phase is told before it begins and after it ended, and waits for the answer. Test: TestPhases.
package tasks
