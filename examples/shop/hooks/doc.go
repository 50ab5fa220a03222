// Package hooks tells partners of the shop what happens to orders, by webhooks: events of two topics fan out to the endpoints that partners
// have registered. The shop has a receiver of its own too, to show the other side.
//
// # Guarantees
//
//   - G1: an event comes to each endpoint that wants it, and the receiver handles it once, also where it has refused it before. Test: TestDelivered.
//   - G2: the receiver takes nothing that is not signed by a key of an endpoint that is there. Test: TestForged.
//   - G3: of this machine's addresses, deliveries go to the shop's own receiver alone; elsewhere they go by https. Test: TestWhereTo.
package hooks
