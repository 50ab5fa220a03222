// Package seal keeps what must not be read, and lets pass what must not be forged or said twice.
//
// # Boxes
//
// A [Sealer] encrypts for a tenant, by AES-256-GCM of the standard library with data keys that a [KeySource] wraps by the tenant's own key: a
// [Keyring] on a file, [Vault] transit, or [AWS] KMS by an interface. A box has its wrapped data key with it and is bound to its tenant and to
// what the caller says of its place, so that it opens nowhere else. Keys are rotated without encrypting anew; [Sealer.Rewrap] moves a box to
// the newest version. A tenant is forgotten by [Sealer.Destroy]: without its key all copies of its boxes are noise, those in backups too. Data
// keys in the memory of other processes end within their [KeyLifetime], 5 minutes by default. The format is written above the constants of
// box.go.
//
// The standard library's cipher does all that is needed; Tink would bring key sets of its own beside those of the key source. The commitment
// to the data key, which GCM alone does not give, is ours. A plaintext that was opened, and data keys in memory, are out of reach of all this.
//
// # Signed requests
//
// A [Signer] signs requests by RFC 9421, with Content-Digest of RFC 9530; a [ReplayGuard] verifies them, and lets each pass once, on all pods
// together, by a store of nonces that they share: cache.Nonces. Where the store does not answer, requests are refused. Structured fields are
// read by dunglas/httpsfv. Of the RFC's algorithms there are hmac-sha256 and ed25519; signatures of responses, component parameters and other
// signers' choices of components are refused. Method, authority, path, query and body are always signed, so a proxy between the two must leave
// Host, path and query as they are.
//
// # Guarantees
//
//   - G1: a box opens only for the tenant and the context that it was sealed for. Test: TestSealIsBound.
//   - G2: a box that was changed in any byte, or cut, does not open. Test: TestTamperedBoxesStayShut.
//   - G3: what was sealed before a rotation opens after it, and is moved to the newest key without its plaintext. Test: TestRotation.
//   - G4: nothing of a tenant opens after Destroy: here at once, in other processes within the lifetime of their data keys, however often they use them. Test: TestShredding.
//   - G5: an answer of the key source from before Destroy is not used by who asks after it. Test: TestShreddingMeetsOpening.
//   - G6: data keys in memory are bounded in number, uses and time, and who wants one at the same time asks the source once. Test: TestKeysAreBounded.
//   - G7: several processes on one keyring lose no key, and make none for a destroyed tenant. Test: TestKeyring.
//   - G8: Vault's transit keeps the same promises, and its failures are classified. Test: TestVault.
//   - G9: signatures and digests are those of the RFCs. Test: TestVectors.
//   - G10: a request of which a signed part was changed is refused, and uses up no nonce. Test: TestChangedRequestsAreRefused.
//   - G11: of any number of copies of a signed request one passes, and none after the window. Test: TestReplaysAreRefused.
//   - G12: where nobody can say whether a request was seen before, it is refused. Test: TestGuardFailsClosed.
package seal
