// Package webhooks measures how long deliveries of webhooks take to endpoints that answer, without others and beside others that hang or
// fail.
//
// # Guarantees
//
//   - G1: an argument that is not known is refused before anything is started. Test: TestArguments.
package webhooks
