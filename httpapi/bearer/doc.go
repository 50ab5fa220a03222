// Package bearer says who asks by JSON Web Tokens in the Authorization header (RFC 6750), for httpapi.Identify. Keys, issuer and audience are those
// of a push/tokens verifier, which the application's push hub may use too.
//
// # Guarantees
//
//   - G1: a good token is its principal, tenant and roles. Test: TestGoodToken.
//   - G2: a request without a token is anonymous; one with a bad token, with two or with another scheme is 401, and is told nothing of it. Test: TestBadTokens.
package bearer
