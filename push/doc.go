// Package push delivers messages to live clients.
//
// # Overview
//
// A [Channel] publishes views to the broadcast topic, from any process and from a database transaction. A [Hub] on
// every pod reads that topic and writes to the clients that are connected to it. Clients read Server-Sent Events as
// the WHATWG HTML standard defines them. A client that reconnects to any pod with Last-Event-ID gets exactly what it
// missed, from memory or from Kafka, or the event "reset" when that is gone.
//
// # Guarantees
//
//   - G1: a client that reconnects gets what it missed, once and in order, from any hub. Test: TestResumeIsExact.
//   - G2: a gap is never silent: what cannot be resumed is told by a reset event. Test: TestResetWhenGone.
//   - G3: a slow client is disconnected and delays nobody. Test: TestSlowClient.
//   - G4: a message of one tenant reaches only that tenant's clients. Test: TestTenantIsolation.
//   - G5: what a client receives is the payload, whatever it contains. Test: TestFraming.
//   - G6: a hub that stops tells its clients when to come back. Test: TestDrain.
//
// # Limits
//
// Order is kept within a channel. A hub reads the whole broadcast topic; a channel's history is bounded in number,
// bytes and age.
package push
