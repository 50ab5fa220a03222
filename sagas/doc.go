// Package sagas runs durable flows on the shards of a [partitions.Group]: ordinary functions that survive crashes and moves,
// and whose steps are undone when they fail.
//
// # Overview
//
// A flow asks for what takes time or talks to others, by [Do], [Await] and the methods of [Saga]. What comes of it is written
// into the saga's journal before the flow's next step begins. After a crash, a move or a long wait the flow is played again: what is in the
// journal comes at once, and it goes on where it was.
//
//	var Reserve = sagas.NewStep("reserve", reserve, release)
//	var Charge = sagas.NewStep("charge", charge, refund, sagas.Timeout(10*time.Second))
//	var Approved = sagas.NewSignal[string]("approved")
//
//	var Checkout = sagas.Define("checkout", func(s *sagas.Saga, cart Cart) (Receipt, error) {
//		if _, err := sagas.Do(s, Reserve, cart); err != nil {
//			return Receipt{}, err
//		}
//		if _, err := sagas.Await(s, Approved, 24*time.Hour); err != nil {
//			return Receipt{}, err // what was reserved is released
//		}
//		return sagas.Do(s, Charge, cart)
//	})
//
//	g, err := partitions.New(b, "shop", Checkout.Part())
//	err = Checkout.Start(ctx, publisher, id, cart).Err()
//	err = Approved.Send(ctx, publisher, Checkout, id, "anna").Err()
//	receipt, err := Checkout.Handle(g, id).Result(ctx)
//
// A flow that waits is rows of its shard and a timer, and nothing in memory.
//
// # Guarantees
//
//   - G1: each saga comes to its end, completed, or with all that its steps did undone, through crashes, pauses and aborted transactions. Test: TestTransfers.
//   - G2: a step is called again where it is unknown whether it has happened, always under the same key, and its end is recorded once. Test: TestCrashBeforeEntry.
//   - G3: steps are undone in the reverse order in which they ended, and none before its own end is known or all its attempts are spent. Test: TestTransfers.
//   - G4: an undo that fails is tried for as long as its policy says; then the saga is parked, until somebody resumes or abandons it. Test: TestUndoFailsForHours.
//   - G5: a signal is met once, in the order in which signals came, also when it came before the flow awaited it. Test: TestSignals.
//   - G6: time that is waited for ends once and not before, also when the shard moves. Test: TestTimerWhileMoving.
//   - G7: a cancelled saga begins no step any more, and what was done is undone; a step that may have happened is tried until that is known. Test: TestCancel.
//   - G8: a flow that does not fit the journal of a saga parks it, says the first difference, and changes nothing. Test: TestChangedFlow.
//   - G9: a panic parks the saga with the reason. Test: TestPanic.
//   - G10: a result that is too large is an error of its step, which is undone. Test: TestTooLarge.
//   - G11: flows and steps that do not come to an end hold up neither other sagas nor the move of their shard. Test: TestNeverYields.
//   - G12: sagas that wait are not in memory. Test: TestSleepers.
//   - G13: starting a saga twice is starting it once; its result waits for who asks, also before it is started, and is kept as long as Keep says. Test: TestResult.
//   - G14: sagas of one id that belong to two tenants know nothing of each other. Test: TestTenants.
//   - G15: a wrong definition is refused by whatever meets it first. Test: TestDefinitionErrors.
//   - G16: histories that earlier versions have recorded are played as they were. Test: TestRecordedHistories.
//   - G17: what earlier versions have stored is read as it was recorded. Test: TestRecordedRows.
//   - G18: branches go on side by side, each by its own part of the journal, and end as their flow does. Test: TestBranches.
//   - G19: of branches of which the first counts, what the others did is undone, and they begin no step any more. Test: TestFirst.
//   - G20: a saga goes the way of the version of its flow in which it came to a change, to its end. Test: TestVersion.
//   - G21: what is committed of a group's sagas can be read from anywhere, without their definitions. Test: TestInspect.
//   - G22: a saga that calls another one is told its end once; one that is cancelled cancels what it waits for. Test: TestCall.
//   - G23: a saga that begins anew has an empty journal, other keys, and the signals that nobody has awaited. Test: TestAgain.
//   - G24: what a flow shows is seen while it goes on, from any node, and after its end. Test: TestQueryAndDeadline.
//   - G25: a saga that has not ended by its deadline is cancelled. Test: TestQueryAndDeadline.
//   - G26: a token is completed once by who has its text, early or late, and by nobody who has not. Test: TestToken.
//   - G27: signals that a flow does not await are kept up to a bound, and others are refused. Test: TestInbox.
//   - G28: metrics count what is committed, once: statuses of sagas, and ends of steps. Test: TestMeters.
//   - G29: the tests that hold G1, G3, G6, G7 and G18 find what they are for: mistakes made on purpose. Test: TestMutantsAreCaught.
//   - G30: a shard's sagas are found by tenant and status. Test: TestRange.
//   - G31: a saga whose turn cannot be written, as where it is more than a row holds, is parked with the reason. Test: TestManyWaits.
//   - G32: a saga that has ended is kept with its result, whatever it was started with and has failed by. Test: TestInputAndResult.
//   - G33: a step whose error does not say that nothing has happened is undone. Test: TestPlainError.
//   - G34: what a saga waits for, or has tried, is compared with what its flow asks for. Test: TestChangedAwait.
//   - G35: a flow that goes on for ever after it was cancelled is ended. Test: TestCancelledLoop.
//   - G36: a signal that nobody has awaited until the saga's end is refused. Test: TestSignalUnheard.
//   - G37: a call of a tenant that cannot be read is refused. Test: TestUnreadableTenant.
//   - G38: what a step, or a saga that is called, is given is compared when the flow is played again. Test: TestOtherInput.
//   - G39: each attempt of a step, and its undo, is given what the flow gave, whatever has changed it since. Test: TestUndoInput.
//   - G40: a Saga that is used within a step parks the saga with the reason. Test: TestDoInStep.
//   - G41: so does one that a branch uses which has its own. Test: TestParentInBranch.
//   - G42: a saga that calls itself is told so at once. Test: TestCallsItself.
//   - G43: a token is kept once, and one that the saga has not given out is refused. Test: TestTokenFlood.
//   - G44: tokens are made of a secret that nobody can guess, or not at all. Test: TestTokenWithoutSecret.
//   - G45: histories are in the order of their positions. Test: TestHistoryOrder.
//   - G46: a history of which parts are left out says so, and is not played. Test: TestCutHistory.
//   - G47: a saga that begins anew has its own time and its own random numbers. Test: TestNowAfterAgain.
//   - G48: what is parked of one tenant's saga holds up no other tenant's of the same id. Test: TestParkedTenants.
//   - G49: steps are spans of the trace in which the saga was started, on any node, and so are those of sagas that it calls. Test: TestTrace.
//   - G50: what no row would hold is refused as input of a saga. Test: TestInputTooLarge.
//   - G51: sagas that could go on wait as rows while there is no room for them in a node's memory, also those that come with a shard, and each has its turn. Test: TestRoom.
//   - G52: a step that hangs takes half of the places for steps at most, and holds its own no longer than its time-out and a second. Test: TestHangingStep.
//   - G53: flows that block stop no other saga, and each is told of once. Test: TestSlowFlow.
//   - G54: the attempts of a saga that is parked are told that nobody waits for them. Test: TestAttemptOfParked.
//   - G55: all who wait for one saga are told its end, however many they are, and one who gives up ends no other wait. Test: TestManyCallers.
//   - G56: the end of a saga that was called before is not taken for that of another one at the same place. Test: TestOldAnswer.
//   - G57: where nobody can be told of sagas, that is said, and they go on once it is possible. Test: TestUntold.
//   - G58: a saga that sleeps takes at most 1,500 bytes of a node whose tables are in memory: 1.5 GB for a million, of whom 950 MB were measured. Test: TestHundredThousandSleepers.
//   - G59: sagas that call each other in a circle are told so, and none waits for ever. Test: TestCallsInACircle.
//   - G60: room that was taken for a saga whose transaction fails is for others at once. Test: TestRoomOfAStartThatFails.
//   - G61: a saga that is started while nobody can be told of it begins all the same, and who has called it is told its end. Test: TestUntoldStart.
//
// # Effects
//
// Nobody can make a call to another system and its record in a journal one thing. A step whose node dies in the middle is
// called again, and the first call may still be on its way: a node that was cut off may even call beside its successor. So a step
// must do its work once for each [Key], which most systems that matter take as an idempotency key. An error that is marked
// by [resilience.Transient] or [resilience.Permanent] says that nothing has happened, and such a step is not undone. After any other
// error it may have: once all attempts are spent, it is undone.
//
// # Topics
//
// "<name>.calls" has what sagas are sent, "<name>.sagas" what is told of them: [Told] and [Refused]. All values are JSON, and all
// records CloudEvents, with the types "<name>.start", ".signal", ".cancel", ".resume", ".abandon", ".answer", ".told" and ".refused". Sagas
// are rows of the group's changelog. While brokers refuse "<name>.sagas", sagas begin all the same, and turns of which it is to be told wait:
// millrace.sagas.untold counts them.
//
// # Concurrency
//
// A [Flow], a [Step] and a [Signal] are data and safe for concurrent use. A [Saga] belongs to its flow's goroutine.
//
// A flow that blocks beside its steps, or works without an end, is told of and not parked: after ten seconds its saga is logged, once for each time
// that a node has it in memory, and counted by millrace.sagas.slow. It takes no room from others, cannot be cancelled until it goes on, and is
// played again where its shard moves.
package sagas
