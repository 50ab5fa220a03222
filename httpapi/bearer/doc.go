// Package bearer says who asks by JSON Web Tokens in the Authorization header (RFC 6750), for httpapi.Identify.
//
// [New] takes tokens by keys that the application has: those of a push/tokens verifier, with its issuer and audience, which the
// application's push hub may use too. [NewProvider] takes tokens of an identity provider, by keys that it fetches from there:
//
//	people, err := bearer.NewProvider("https://login.example/realms/ops", "shop",
//		bearer.RolesClaim("realm_access.roles"), bearer.Role("shop-operator", "operator"))
//
// Roles are a list in the token, or a text whose words they are.
//
// A provider is asked when a token comes that needs it: where its keys are, by OpenID Connect Discovery, and for the keys. They are asked
// for again after 15 minutes of use, and at once when a token names a key that is unknown, but not twice within 10 seconds. While the provider
// is away they are taken for 6 hours. All of it can be set.
//
// # Guarantees
//
//   - G1: a good token is its principal, tenant and roles. Test: TestGoodToken.
//   - G2: a request without a token is anonymous; one with a bad token, with two or with another scheme is 401, and is told nothing of it. Test: TestBadTokens.
//   - G3: a provider's good token is whom its claims name, by the names that were given, with the application's roles. Test: TestProvider.
//   - G4: a token must be the provider's, for the audience, within its times, and signed by one of its keys that is for that and its algorithm. Test: TestForgeries.
//   - G5: a provider's new key is taken, and one that it has withdrawn is not, without a restart. Test: TestRotation.
//   - G6: whatever keys tokens name, and however many ask, the provider is asked for unknown ones once in a pause. Test: TestFlood.
//   - G7: while the provider is away its keys are taken for a stated time; without any it is 503 with Retry-After. Test: TestProviderAway.
//   - G8: what a provider answers has bounds of size and time, is its own, and is not looked for elsewhere. Test: TestStrangeProviders.
//   - G9: a token of a key that is new is taken at once, also just after keys were asked for because of their age. Test: TestNewKey.
package bearer
