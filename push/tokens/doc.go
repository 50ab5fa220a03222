// Package tokens verifies JSON Web Tokens (RFC 7519) for [push.Tokens].
//
// A token's claims say what it grants: "sub" is the principal, "jti" the grant's id, by which it can be revoked, "exp" when it ends, and beside
// these "tenant", and "push" with the patterns of channels under "subscribe", "publish" and "present", as [push.Grant] has them:
//
//	{"sub": "ann", "tenant": "acme", "exp": 1764500000, "jti": "7f3a", "push": {"subscribe": ["orders"], "publish": ["chat/lobby"]}}
//
// # Guarantees
//
//   - G1: a token is taken only where its key, its algorithm, its times, its issuer and its audience are as they must be. Test: TestRefusals.
//   - G2: a token grants what its claims say. Test: TestGrants.
//   - G3: no error has any of a token in it. Test: TestErrorsTellNothing.
package tokens
