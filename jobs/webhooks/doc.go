// Package webhooks signs and verifies webhooks as Standard Webhooks says, and guards the network that sends them.
//
// # Receivers
//
// A [Verifier] verifies webhooks of any sender that signs by Standard Webhooks, v1 (HMAC-SHA256) and v1a (Ed25519):
//
//	v, err := webhooks.NewVerifier([]string{os.Getenv("WEBHOOK_SECRET")})
//	http.Handle("/hooks", v.Handler(handler))
//
// # Guarantees
//
//   - G1: signatures of v1 are those of the Standard Webhooks reference library, both ways, also while secrets are rotated. Test: TestStandardLibrary.
//   - G2: signatures of v1a are those that OpenSSL and Node make. Test: TestReferenceVectors.
//   - G3: a key tells its secret to nobody who does not ask for it. Test: TestKeys.
//   - G4: a receiver's handler sees verified requests only, whose body is whole and bounded. Test: TestHandler.
//   - G5: a request that was recorded is not taken again, where replays are refused. Test: TestReplays.
//   - G6: no delivery goes to an address of IANA's special-purpose registries, also where one of a name's addresses is good. Test: TestSpecialAddresses.
//   - G7: URLs that programs read differently are refused: odd spellings of addresses, users, other schemes and ports. Test: TestURLs.
//   - G8: the address that is checked is the one that is connected to. Test: TestSocketsAreChecked.
//
// # Concurrency
//
// Everything is safe for concurrent use.
package webhooks
