// Package bustest opens a [bus.Bus] on a Kafka broker that runs within the test's process: no server to install.
//
// # Guarantees
//
//   - G1: what a test starts ends with the test. Test: TestOpenLeavesNothing.
package bustest
