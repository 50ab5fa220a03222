// Package sagastest tests flows without a broker: on a clock of its own, with results that the test chooses, and with a crash
// after each entry of the journal. What sagas do in a group, package partitionstest shows.
//
//	run := sagastest.Run(t, Checkout, cart,
//		sagastest.Step(Charge, func(context.Context, Cart) (Receipt, error) { return Receipt{}, resilience.Permanent(errNoMoney) }),
//		sagastest.Signal(Approved, time.Hour, "anna"))
//	// run.Status is sagas.Compensated
//
// [Run] plays the flow from its beginning for each entry, as after a crash: a flow that looks at a clock, or at anything else
// that is another the next time, does not fit its own journal, and fails the test. [Replay] plays histories that were stored, as
// by an earlier version of the flow.
//
// # Guarantees
//
//   - G1: a flow goes its way on virtual time with the results that the test chooses; steps are tried and undone as their policies say. Test: TestRun.
//   - G2: a flow that is not the same when it is played again fails the test. Test: TestNotDeterministic.
//   - G3: a stored history that the flow does not fit fails the test with the first difference. Test: TestReplay.
//   - G4: with Crashes, each step is called twice, as where its node dies before its end is recorded. Test: TestCrashes.
//   - G5: the test answers for the sagas that a flow calls, and follows a flow that begins anew. Test: TestChild.
package sagastest
