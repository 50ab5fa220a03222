// Package httpapi makes a production server of an application's routes: middleware for chi or any other router, answers to errors as RFC 9457 says,
// probes, and a server that ends in order.
//
// Each middleware is a func(http.Handler) http.Handler, and may be used alone. http.ResponseController works through all of them, so that streams
// and WebSockets do too.
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
//   - G9: readiness falls while servers are away, liveness does not, and startup stays done. Test: TestProbes.
//   - G10: at the end readiness falls first, then nothing new is accepted, and what runs ends. Test: TestServerEndsInOrder.
//   - G11: what does not end in time is cut off, sockets too, and said. Test: TestServerCutsOff.
package httpapi
