// Package httpapi makes a production server of an application's routes: middleware for chi or any other router, answers to errors as RFC 9457 says,
// probes, and a server that ends in order.
//
// Each middleware is a func(http.Handler) http.Handler, and may be used alone. http.ResponseController works through all of them, so that streams
// and WebSockets do too.
//
// [Chain] puts them in order round the routes; nothing of Redis, Kafka or tokens is needed for what is left out of it. Package httpapi/bearer says
// who asks by JSON Web Tokens.
//
// # Without Redis
//
//   - [RateLimit] does as its cache.Limiter says: each process counts by itself, unless it is told otherwise by cache.WhenGone.
//   - [Idempotency] fails closed: a request with a key is 503 and does not run. [WithoutStore] lets it run. Requests without keys are not concerned.
//   - A seal.ReplayGuard fails closed: 503.
//
// # Guarantees
//
//   - G1: an error is answered as a problem with the request's id; of errors that are no problems the client learns nothing. Test: TestProblems.
//   - G2: a panic is logged with its stack and answered with 500; an answer that was begun ends visibly cut. Test: TestRecover.
//   - G3: what has no route is a problem too, and 405 says what is allowed. Test: TestUnrouted.
//   - G4: a request has one valid id: its own or a new one. Test: TestRequestID.
//   - G5: a span goes on from traceparent and has its route's name and its status, panics included; so has the metric. Test: TestTrace.
//   - G6: a body that is too large is 413, whether its length is said or not. Test: TestMaxBody.
//   - G7: a request ends with its time, and is 504; streams and sockets have none. Test: TestTimeout.
//   - G8: a client that does not send its body in time is cut off. Test: TestTimeoutCutsSlowClients.
//   - G9: readiness falls while a critical check fails, liveness does not, startup stays done, and probes tell nothing of what checks say. Test: TestProbes.
//   - G10: at the end readiness falls first, then nothing new is accepted, and what runs ends. Test: TestServerEndsInOrder.
//   - G11: what does not end in time is cut off, sockets too, and said. Test: TestServerCutsOff.
//   - G12: who asks, and for which tenant, is established or refused; a tenant that is missing, forged or another's never comes through. Test: TestIdentify.
//   - G13: who lacks a role is 403, and who is nobody 401. Test: TestRequireRole.
//   - G14: pages of other origins than those named neither read nor change anything by a browser. Test: TestOrigins.
//   - G15: what is beyond a rate is 429, and answers say the rate and what is left. Test: TestRateLimit.
//   - G16: a repeated request gets the first one's answer, on any pod; of another one its key is 422; other principals' keys are others. Test: TestIdempotency.
//   - G17: while the first request runs another one is 409. Test: TestIdempotencyWhileItRuns.
//   - G18: after a failure or a panic a request may be tried again, and not at once where it may still run. Test: TestFailuresAreNotKept.
//   - G19: bodies and answers are kept up to a size, and a repeated request never runs again for that. Test: TestIdempotencySizes.
//   - G20: without Redis a request with a key does not run, unless that is allowed. Test: TestIdempotencyWithoutRedis.
//   - G21: a key whose claim has ended is free, and who comes late replaces no answer. Test: TestLeaseEnds.
//   - G22: the chain's steps stand in their order, and each sees what it needs. Test: TestChain.
//   - G23: event streams and WebSockets work through all steps, for as long as they like. Test: TestStreams.
//   - G24: a signed request passes once, and an answer is replayed only to who has signed for it. Test: TestReplayGuard.
//   - G25: a handler in Stream has no limit, and ends with its client. Test: TestStream.
//   - G26: a failure of the server is logged, whatever problem it is for the client. Test: TestProblems.
//   - G27: of the languages that are supported a request has the one that it accepts best. Test: TestLocale.
//   - G28: what a peer has sent on is for whom the peer says; of anybody else the same headers count for nothing. Test: TestPeer.
//   - G29: all steps that need no Redis make fewer than 30 allocations a request. Test: TestChainAllocates.
//   - G30: with OneTrip a request asks Redis once before its handler, whether it has a key or not, and is counted in any case. Test: TestOneTrip.
//   - G31: with OneTrip who is beyond the rate holds no key, and asks Redis once a second at most. Test: TestOneTripRefuses.
//   - G32: with AnswerFirst a client does not wait for its answer to be stored. Test: TestAnswerFirst.
//   - G33: a key is held for as long as its request runs, and for the lease where its process has died. Test: TestLeaseIsRenewed.
//   - G34: a form's files are gone when its request is over. Test: TestForms.
//   - G35: a body comes in time or not at all, also where the answer is a stream. Test: TestSlowBodiesOfStreams.
//   - G36: what a handler began may look at its request when that is over. Test: TestRequestsAreRetained.
//   - G37: contexts that steps make of a limited request end with its error and cause. Test: TestTimeoutEndsContexts.
//   - G38: they go on where the limit is lifted. Test: TestStreamKeepsContexts.
//   - G39: a request that nothing serves is answered with 404 or 405, whatever its key, which is not kept; where a step behind rewrites the path, the key counts. Test: TestUnroutedKeys.
package httpapi
