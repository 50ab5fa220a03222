// Package sealed encrypts fields of contracts: what is on Kafka, in an outbox, in a dead letter, in a table's changelog or in a backup of these has a
// box in the place of the text, which opens by the tenant's key alone. A tenant whose key is destroyed is forgotten in all of them at once.
//
// [Codec] wraps a codec of JSON. Each text at the paths of [Fields] is sealed by package seal for the tenant, the place and the path. A sealed
// field is text still, so the contract's schema holds; fields with a format, a pattern, an enumeration or a limit of length cannot be sealed for that
// reason.
// Keys of events and headers are never sealed.
//
// # Guarantees
//
//   - G1: of a sealed field nothing is in the encoded value, and the other fields are as they were. Test: TestFieldsAreSealed.
//   - G2: a path that leads to no text is refused when the codec is made. Test: TestPaths.
//   - G3: a field that was copied from another tenant, place or path does not open. Test: TestFieldsAreBound.
//   - G4: of a destroyed tenant no field can be read any more, and the rest only by Destroyed. Test: TestDestroyed.
//   - G5: an event that cannot be opened since the keys are away is tried again, and is no dead letter. Test: TestKeysAway.
//   - G6: what was written before a field was sealed can be read. Test: TestInTheClear.
package sealed
