// Package typescript runs push's client for TypeScript, and Effect's RPC client, against a hub: in Node and in Chromium. The client is built
// from push/client with npm and tsc. What is missing of Node, npm and Chromium is a loud skip, and a failure where MILLRACE_REQUIRE_SERVERS
// is set.
//
//	go test ./integration/typescript
//
// # Guarantees
//
//   - G1: the client keeps its promises against servers that its own tests play. Test: TestClient.
//   - G2: in Node it calls, streams, publishes, follows and watches, over restarts of the server without a gap or a double. Test: TestNode.
//   - G3: the RPC client of Effect, as npm has it, calls, streams with acknowledgements, cancels and gets typed errors. Test: TestEffect.
//   - G4: types that are generated from a hub's schema compile, and a program that uses what a Go type has no more does not. Test: TestGenerated.
//   - G6: a group of procedures that is generated for Effect compiles, and is called through with its types and its errors. Test: TestGeneratedEffect.
//   - G5: what it does in Node it does in Chromium. Test: TestChromium.
package typescript
