// Package push has the bench "push": one channel that many WebSocket clients follow, beside centrifuge. Each side is a process of its own that
// publishes what it is told; the clients are one thread of the bench's. Linux only.
//
// # Guarantees
//
//   - G1: each payload that a client receives is counted once, however it is cut on the way, with the time that it took. Test: TestCount.
package push
