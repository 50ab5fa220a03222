// Package resilience makes calls that may fail, hang or come in crowds.
//
// A [Policy] is one composition of time-outs, retries with a budget, hedges, a bulkhead, an adaptive limit and a circuit breaker, in one order that
// [Policy] states. It calls any function, is the transport of an HTTP client ([Transport]) and stands before handlers ([Middleware]). The
// algorithms are failsafe-go's. [Do] and [RetryPolicy] alone try again; a [Class] says what an error means for that.
//
// # What it measures
//
// With [Metrics], by millrace.policy: millrace.resilience.call.duration by outcome (ok, the [Code] of an [Error], cancelled, or the class of another
// error), .attempts by kind (first, retry, hedge), .breaker.state, .breaker.changes by state, and .limit. With [Logger], changes of breakers.
//
// # Guarantees
//
//   - G1: a delay is never above the policy's maximum nor below the jitter's lower bound. Test: TestDelayStaysWithinBounds.
//   - G2: a permanent error, an ended context and a spent budget each end the attempts at once. Test: TestDoStops.
//   - G3: an error's class survives wrapping, and whether it is stated. Test: TestClassSurvivesWrapping.
//   - G4: the parts of a policy have one order, whichever way they are given. Test: TestOrder.
//   - G5: an attempt gives back what it holds however it ends: failed, panicked, cancelled, timed out or refused by a later part. Test: TestPlacesComeBack.
//   - G6: a breaker opens and closes by attempts that were made, and neither by wrong requests, nor by callers that go, nor by refusals. Test: TestBreakerCountsWhatIsMade.
//   - G7: retries and hedges are not more than their budget, and who gets none is told so together with the failure. Test: TestBudget.
//   - G8: what a policy refuses is not tried again, and says when to come back and how the attempt before it failed. Test: TestRefusalsAreNotRetried.
//   - G9: a time-out of the policy is told apart from the caller's own deadline, and bounds waits too. Test: TestTimeout.
//   - G10: the first attempt to succeed is the result, its company is cancelled, and a panic of any reaches the caller. Test: TestHedge.
//   - G11: only requests that are harmless twice are sent twice, each time with their body, and the last answer is returned as it is. Test: TestTransportRetries.
//   - G12: an answer's body can be read after its attempt, whatever bounded that. Test: TestTransportBodies.
//   - G13: a delay is at least what the failure asks for, and what asks for more than the policy's maximum is not tried again. Test: TestRetryAfterIsHeeded.
package resilience
