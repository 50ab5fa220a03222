// Package durable serves machines and sagas as typed operations: the routes and their document are derived from definitions.
//
// # Overview
//
// [Machine] serves the instances of a machine of package machines, and [Saga] the sagas of a flow, on an [operations.API]. Bodies are what events,
// flows and signals take, held against their types and the limits of their tags, as package operations does. Tenant and principal are those of
// the request's context, and go with what is sent. A function of the application decides who may do what: there are no routes without one.
//
//	durable.Machine(api, group, Doors, allow)
//	durable.Saga(api, group, Checkout, b, allow, durable.Signals(Approved))
//
// # Limits
//
// Reads of instances go to the owner by [partitions.Group.Forward], which answers by itself, as text and not as a problem, where the owner is not
// reached. Everything else is a record, and waits for its shard as long as the request's time lets it; after a 504 it may still happen. A client that
// sends again what may have happened names it by the chain's step Idempotency. What a guard says is told to the client.
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
package durable
