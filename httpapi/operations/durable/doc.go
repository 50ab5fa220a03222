// Package durable serves machines, sagas and commands as typed operations: the routes and their document are derived from definitions.
//
// # Overview
//
// [Machine] serves the instances of a machine of package machines, [Saga] the sagas of a flow, and [Command] a command that a group of package
// partitions answers, on an [operations.API]. Bodies are what events, flows, signals and commands take, held against their types and the limits
// of their tags, as package operations does. Tenant and principal are those of the request's context, and go with what is sent. A function of
// the application decides who may do what: there are no routes without one.
//
//	durable.Machine(api, group, Doors, allow)
//	durable.Saga(api, group, Checkout, b, allow, durable.Signals(Approved))
//	durable.Command(api, group, "account", Withdraw, fromAccount, allow, durable.Refused("poor", 402, "there is too little"))
//
// # Limits
//
// Reads of instances go to the owner by [partitions.Group.Forward], whose answers where the owner is not reached are problems too. Everything else is
// a record, and waits for its shard as long as the request's time lets it; after a 504 it may still happen. A client that sends again what may have
// happened names it by the chain's step Idempotency, or for commands by [partitions.Remember], which the owner keeps with what was done. What a guard
// says, and why a command is refused, is told to the client.
//
// # Guarantees
//
//   - G1: any pod answers for instances that another one owns. Test: TestAnyPod.
//   - G2: who has the current version of an instance is answered 304, and after the next event its new version. Test: TestAnyPod.
//   - G3: an event that is not allowed changes nothing, and is told with the state and the events that lead out of it. Test: TestRefusals.
//   - G4: an event makes an instance only where it leads out of the start; others are 404. Test: TestRefusals.
//   - G5: payloads that are not as the document says are refused, and their places named. Test: TestRefusals.
//   - G6: the application is asked before anything is looked at or done. Test: TestRefusals.
//   - G7: instances and sagas of one id that belong to two tenants know nothing of each other. Test: TestRefusals.
//   - G8: a saga is started once for each id, met by signals, cancelled by operators alone, and read with its result from any pod. Test: TestSagas.
//   - G9: sagas work for the tenant and the principal that started them. Test: TestSagas.
//   - G10: the document is the same for the same definitions. Test: TestDocument.
//   - G11: what is defined wrongly, also without a function that decides, is told, and not served. Test: TestDefinitions.
//   - G12: events that are left out are neither served nor named. Test: TestWithout.
//   - G13: an event with If-Match happens to the instance that has the ETag, or not at all: of many at once one happens. Test: TestMatch.
//   - G14: any pod answers for commands; what is refused or fails leaves nothing behind, and only refusals are told why. Test: TestCommands.
//   - G15: commands of two tenants with one id or one idempotency key know nothing of each other. Test: TestCommands.
//   - G16: a command with an idempotency key is done once, and answered, though its owner changes meanwhile. Test: TestCommandThroughMoves.
//   - G17: a command is 504 where nobody owns its shard in time, and the same again is answered as the first was. Test: TestCommandAfterTimeout.
package durable
