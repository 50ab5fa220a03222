// Package jsonrpc is the envelope of JSON-RPC 2.0 with the extensions of Effect RPC's serialization "jsonRpc", as of effect 4.1: answers in chunks
// that the client acknowledges, interruption, and pings.
//
// # Guarantees
//
//   - G1: what is no request is told as the specification says, and what is one is read whatever else it has. Test: TestSpecification.
package jsonrpc
