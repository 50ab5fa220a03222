// Package checkout is what becomes of a placed order: a machine that says where the order is, and a saga that brings it on. The
// saga reserves stock, has large orders approved, charges, packs and ships; what fails or is cancelled on the way is
// undone. The machine has the last word: an order that is shipped cannot be cancelled, and a cancelled one is not shipped.
//
// # Guarantees
//
//   - G1: an order that nothing stands in the way of is delivered, charged once. Test: TestDelivered.
//   - G2: an order that cannot be charged, or is not approved in time, leaves neither a reservation nor a payment. Test: TestUndone.
//   - G3: a cancelled order is refunded; one that is shipped stays. Test: TestCancel.
//   - G4: an order that is delivered stays paid, however late its checkout learns that it was shipped. Test: TestLateAnswer.
package checkout
