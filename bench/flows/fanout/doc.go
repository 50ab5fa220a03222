// Package fanout is what all sides of the bench "push" have in common: a process that serves connections, and publishes what it is told by HTTP.
//
// # Guarantees
//
//   - G1: as many payloads as are asked for are published, each with the time at which it was, and of the size that is asked for. Test: TestPublish.
package fanout
