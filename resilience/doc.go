// Package resilience decides whether and when to try again.
//
// # Guarantees
//
//   - G1: a delay is never above the policy's maximum nor below the jitter's lower bound. Test: TestDelayStaysWithinBounds.
//   - G2: a permanent error, an ended context and a spent budget each end the attempts at once. Test: TestDoStops.
//   - G3: an error's class survives wrapping, and whether it is stated. Test: TestClassSurvivesWrapping.
package resilience
