// Package machines runs durable finite state machines on the shards of a [partitions.Group].
//
// # Overview
//
// A [Spec] is a machine: states, events with typed payloads, guards, what transitions do, and time-outs. [Define] looks
// for what cannot be meant in it. Each instance has an id; the shard of that id owns it. An event is a record: when it
// comes, its transition, the instance's data, its time-outs and all messages that follow are one Kafka transaction.
// looplab/fsm decides where an event leads.
//
//	var Orders = machines.Define(machines.Spec[State, Event, Order]{
//		Name: "order", Start: New, Final: []State{Shipped, Cancelled},
//		On: []machines.Transition[State, Event, Order]{
//			{Event: machines.On[Paying](), From: []State{New}, To: Paid, Guard: machines.Check(enough), Do: machines.Do(reserve)},
//			…
//		},
//		After: []machines.Timeout[State, Event]{{In: New, After: 30 * time.Minute, Event: machines.On[Expiring]()}},
//	})
//	g, err := partitions.New(b, "orders", Orders.Part())
//	err = Orders.Send(ctx, publisher, id, Paying{Amount: 5}).Err()
//	order, err := Orders.Ask(ctx, g, id, Paying{Amount: 5})
//
// Guards and steps are given the instance and the event, and nothing else. They return data and messages instead of doing
// things: they are called again when a transaction has to be made again, and by tests. What takes time or talks to others
// is work for a saga or a job, which such a message begins.
//
// # Guarantees
//
//   - G1: a definition that cannot be meant is refused by whatever meets it first. Test: TestDefinitionErrors.
//   - G2: an event that has come is a transition or a refusal, once, through crashes, pauses and aborted transactions. Test: TestMachine.
//   - G3: an instance is the fold of its transitions, whose versions rise by one. Test: TestMachine.
//   - G4: who asks is told what the event has made of the instance, or why it was refused. Test: TestAsk.
//   - G5: a time-out happens once, not before its time, also when the shard moves; leaving the state disarms it. Test: TestTimeouts.
//   - G6: an event that comes twice happens once, within the last 16 of its instance. Test: TestSameEventTwice.
//   - G7: instances of one id that belong to two tenants know nothing of each other. Test: TestTenants.
//   - G8: instances of an older version are read as Upgrade makes them, or end the group with the reason. Test: TestUpgrade.
//   - G9: an instance in a final state is forgotten after Keep, and not before. Test: TestKeep.
//   - G10: what this version stores is read as it was recorded. Test: TestRecordedRow.
//   - G11: a time-out that an older version of the machine has armed is that of its event, or nothing where there is none any more. Test: TestOtherTimeouts.
//   - G12: what is committed of a group's machines can be read from anywhere, without their definitions. Test: TestInspect.
//   - G13: what is parked of one tenant's instance holds up no other tenant's of the same id. Test: TestParkedTenants.
//   - G14: of events that expect the same revision of an instance one happens at most, and of the others nothing remains. Test: TestExpect.
//
// # Topics
//
// "<name>.events" has the events, and "<name>.transitions" what became of them: [Moved] and [Refused]. All values are JSON,
// and all records CloudEvents, with the types "<name>.<event>", "<name>.transitioned" and "<name>.refused". Instances are
// rows of the group's changelog.
//
// # Metrics
//
// The bus's meter provider gets millrace.machines.transitions and millrace.machines.refusals, by machine, event and states,
// of what is committed.
//
// # Concurrency
//
// A [Machine] is data and safe for concurrent use. What a Spec's functions share must be so too: shards run side by side.
package machines
