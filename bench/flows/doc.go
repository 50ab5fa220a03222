// Package flows is the work of the bench "sagas", the same for each side: a flow of three steps, or of one step, a wait for
// a signal and two more. A side is a process: [Main] drives its [Engine] and tells each phase on the standard output, and
// the bench looks at the process and answers on the standard input. It is a module of its own, without dependencies, so that
// sides whose dependencies do not go together can share it.
//
// # Guarantees
//
//   - G1: a side that loses, repeats or mixes up steps is refused. Test: TestRefused.
//   - G2: each phase is told before it begins and after it ended, and waits for the answer. Test: TestPhases.
package flows
