// Package partitionstest drives programs on package partitions through all that may happen to them, within the test's
// process and on virtual time: no broker to install, no waiting, no flakes of real clocks.
//
// # Overview
//
// [Run] makes a [World]: three Kafka brokers on a virtual network, in a bubble of [testing/synctest]. [World.Group] is a
// program, made by the same function that production calls; [Group.Start] starts nodes of it. A test publishes, waits by
// [World.Settle] until the groups have handled all of it, lets time pass by [World.Advance], and looks at what is
// committed: [Events] of a contract, the [Row] of a table. Between that it lets nodes stop, crash, stand still and come
// back, groups rebalance and transactions fail.
//
//	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
//		bank := w.Group(bank.New)                   // func(*bus.Bus) (*partitions.Group, error)
//		one, two := bank.Start(), bank.Start()
//		w.Publish(bank.Deposited.New(deposit))
//		w.Settle()
//		one.CrashBefore(partitionstest.EndTransaction, 1)
//		…
//		balance, found := partitionstest.Row(bank, bank.Balance, "anna")
//	}, bank.Deposited, bank.BalanceChanged)
//
// [EachFailure] runs the same function once for each place at which it can fail: it finds the handler that keeps state
// in a variable, or does something twice when it is called twice. See the test TestDocumented for all of it.
//
// Tests need the build tag of the Kafka client for virtual time: go test -tags synctests.
//
// # Guarantees
//
//   - G1: after Settle the groups have handled all that was published before, each other's events included. Test: TestSettle.
//   - G2: a node that crashes at a step has done what comes before it and nothing after. Test: TestCrashAtStep.
//   - G3: a crashed or paused node is taken for dead after its session timeout, as by real brokers. Test: TestCrash.
//   - G4: a node that dies while it joins holds nobody up. Test: TestCrashWhileJoining.
//   - G5: a paused node goes on where it was when it is resumed. Test: TestPause.
//   - G6: a node that stops hands over at once, and may be started again. Test: TestStop.
//   - G7: Rebalance moves shards there and back, with no record handled twice. Test: TestRebalance.
//   - G8: an aborted transaction is made again by the same node, handlers included. Test: TestAbort.
//   - G9: EachFailure fails at each step of each transaction, and a program that is right withstands it. Test: TestEachFailure.
//   - G10: programs that are wrong only when something fails are caught. Test: TestWrongHandlersAreCaught.
//   - G11: rows and events are those that are committed, in order, whether nodes run or not. Test: TestRows.
//   - G12: timers fire when their time has been advanced to. Test: TestAdvance.
//   - G13: what cannot be done, and a group that does not settle, fail the test with the reason. Test: TestSaysWhatIsWrong.
//   - G14: a world leaves nothing running. Test: TestRun.
//   - G15: all of this holds in any order and at the same time. Test: TestStorm.
//
// # What it is not
//
// The brokers are franz-go's kfake: they speak Kafka's protocol, keep everything in memory, and have neither replicas
// nor disks. What only real brokers do is for tests on them. A crash ends what a node sends and receives; its goroutines
// cannot be killed and may run on for a moment, as those of a node that is cut off.
package partitionstest
