// Package line has the connections of one simulated node to the brokers: they stall, as under SIGSTOP, are cut, as by
// SIGKILL, or are cut at one request. For tests.
//
// # Guarantees
//
//   - G1: an answer is recognised however the stream is cut into pieces. Test: TestFrames.
package line
