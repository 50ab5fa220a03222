// Package push delivers messages to live clients.
//
// # Overview
//
// A [Channel] publishes views to the broadcast topic, from any process and from a database transaction. A [Hub] on
// every pod reads that topic and writes to the clients that are connected to it, as Server-Sent Events of the WHATWG
// HTML standard or as NDJSON. A client that reconnects to any pod with Last-Event-ID gets exactly what it missed, from
// memory or from Kafka, or a reset when that is gone. While Kafka is out of reach a client that needs it is told to
// come back.
//
// # Guarantees
//
//   - G1: a client that reconnects gets what it missed, once and in order, from any hub. Test: TestResumeIsExact.
//   - G2: a gap is never silent: what cannot be resumed is told by a reset. Test: TestResetWhenGone.
//   - G3: a slow client is disconnected and delays nobody. Test: TestSlowClient.
//   - G4: a message of one tenant reaches only that tenant's clients, also when it is replayed. Test: TestTenantIsolation.
//   - G5: what a client receives is the payload, whatever it contains. Test: TestFraming.
//   - G6: a hub that stops tells its clients where they stand and when to come back. Test: TestDrain.
//   - G7: each id that a client was given resumes it there, on any hub, also one from the middle of a replay. Test: TestEveryIDResumes.
//   - G8: an id that no hub gave out, or of a topic that was made anew, gives a reset. Test: TestIDThatNobodyGaveOut.
//   - G9: an outage of Kafka loses nothing and disconnects nobody. Test: TestOutage.
//   - G10: a client that reads as fast as it can is not taken for a slow one. Test: TestBurst.
//   - G11: a client on a quiet channel does not fall behind what is kept for resuming. Test: TestQuietClientResumes.
//   - G12: the history takes no more memory than its bounds, however many channels there are. Test: TestMemoryIsBounded.
//   - G13: whenever a client leaves, nothing of it stays. Test: TestLeavingAtAnyMoment.
//   - G14: G1 and G2 hold while hubs come and go, Kafka is cut off, and records and the topic are deleted. Test: TestSimulation.
//
// # Limits
//
// Order is kept within a channel, except while partitions are added to the topic. A hub reads the whole broadcast
// topic. A client follows at most 64 channels, each whole or with one key. A message of no tenant reaches everybody who
// may follow its channel. The number of connections, of a hub and of a tenant, and what waits for one client are bounded;
// see the options.
//
// # Metrics
//
//   - millrace.push.connections: connected clients.
//   - millrace.push.connects: clients that became live, by outcome (fresh, memory, kafka: where the replay came from,
//     reset) and format.
//   - millrace.push.refusals: requests that were refused, by http.response.status_code.
//   - millrace.push.deliveries, millrace.push.bytes: frames and bytes written.
//   - millrace.push.slow: clients disconnected because they were too far behind.
//   - millrace.push.lag: seconds from a record's timestamp until it was handed to its clients.
//   - millrace.push.history: bytes that the history takes, about.
package push
