// Package push delivers messages to live clients.
//
// # Overview
//
// A [Channel] publishes views to the broadcast topic, from any process and from a database transaction. A [Hub] on
// every pod reads that topic and writes to the clients that are connected to it, as Server-Sent Events of the WHATWG
// HTML standard, as NDJSON, or over WebSockets, by which they also call [Method]s and [Stream]s. A client that
// reconnects to any pod with Last-Event-ID gets exactly what it missed, from
// memory or from Kafka, or a reset when that is gone. While Kafka is out of reach a client that needs it is told to
// come back.
//
// # WebSocket protocol
//
// Messages are text, each a request, a notification, a response or a batch of JSON-RPC 2.0. A hub answers these methods beside those of [RPC]:
//
//   - push.subscribe {channel, key?, since?}: follow a channel, or one key of it. Answered with {id, outcome} once the client is live there; what
//     it has missed since the id "since" comes before the answer. The outcome is fresh, memory, kafka, or reset where that is gone: load
//     the state anew then. Not in batches.
//   - push.unsubscribe {channel, key?}: answered with {}; nothing of it comes after that.
//   - push.publish {channel, key?, data}: answered with {} once it is written. See [Publishing].
//   - push.history {channel, key?, limit?}: answered with {messages, id}, the newest that the hub holds, 100 by default and 1,000 at most.
//   - push.presence {channel, key?, watch?}: answered with {connections, principals, members}, those who follow it on all hubs: see [Presence]. Who
//     watches is told of changes until it says watch: false, or is disconnected.
//   - push.refresh {token}: the connection has what a newer token grants. Answered with {expires, ended}; ended is what it follows no more.
//
// A client keeps one id for each channel, or key, that it follows: the last one of its messages, and what push.position says once it is live
// there. An id of one channel is no place in another that is not live yet.
//
// It tells, by notifications, only who has subscribed or watches:
//
//   - push.message {channel, key, id, data}, or base64 in place of data: a message. The id is for "since" of what brought it.
//   - push.position {id}: where the client stands in all channels that it is live in.
//   - push.presence {channel, key?, joined?, left?}: the names of who has come and gone, those of a quarter of a second together.
//   - push.drain {retry_ms}: the connection will be closed; connect again after that time.
//
// Calls are cancelled by the notification "$/cancelRequest" {id}, as in the Language Server Protocol. A stream's values come as chunks,
// responses with "chunk": true whose result is an array, each of which the client acknowledges by "@effect/rpc/Ack" {requestId}; a response without
// that ends it. These, "@effect/rpc/Interrupt", Ping and Eof are as in Effect RPC's serialization jsonRpc (effect 4.1), whose clients may call
// any method; a call with "discard": true is answered when it begins. Errors have the codes of JSON-RPC, -32800 for what was cancelled, and
// those of a [Problem].
//
// A call can be answered by the owner of a shard, wherever that is: its procedure asks it by partitions.Ask, as examples/bank does.
//
// Connections are closed with the codes of RFC 6455, and with 3001 where the server stops, 3008 where a client is too far behind, 3012 where it
// does not answer pings, 3013 where it sends too much, 3005 where its grant has expired, and 3014 where the topic was made anew: connect
// again after these, and resume. After 3503, which says that the connection was revoked, do not. A hub that stops waits 4 seconds at most for
// methods and publications under way, whose answers come before the end; it begins no others, which are refused with status 503, and cuts streams.
//
// # Guarantees
//
//   - G60: the schema tells of all channels and procedures that the hub was given, always in the same way. Test: TestSchema.
//   - G61: a discarded call has one answer, when it begins. Test: TestDiscardedCalls.
//   - G62: what a client missed of one channel takes it back in no other. Test: TestReplayTellsNoPosition.
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
//   - G15: what a WebSocket's client follows is what it gets, whole channels and single keys, until it unsubscribes. Test: TestSocketFollows.
//   - G16: a WebSocket's client resumes each channel by itself, from memory and from Kafka, and what it missed comes before the answer. Test: TestSocketResumes.
//   - G17: connections keep to RFC 6455: fragments, control frames between them, lengths, UTF-8 and closing statuses. Test: TestFrames.
//   - G18: broadcast frames and the answers to pings do not get into each other, whatever their lengths. Test: TestFrameLengths.
//   - G19: calls are answered once, with results or with errors that say no more than they may; they end with their client. Test: TestCalls.
//   - G20: a stream's values come in order, and no more are made than a client takes. Test: TestStreams.
//   - G21: a connection may do what its grant says, and no more. Test: TestGrants.
//   - G22: pages of other origins may not connect, unless they are named. Test: TestOrigins.
//   - G23: what one connection publishes is published in its order. Test: TestPublishesInOrder.
//   - G24: a hub that stops tells WebSockets' clients where they stand and when to come back. Test: TestSocketDrain.
//   - G54: a hub that stops lets methods and publications that are under way end first, for a while, and begins no others. Test: TestDrainEndsCalls.
//   - G25: a client that does not answer pings is given up, and gives its place back. Test: TestSilentSocket.
//   - G26: a WebSocket that is too slow is closed with a status that lets it come back, and delays nobody. Test: TestSlowSocket.
//   - G27: a client that sends too much is disconnected. Test: TestFlood.
//   - G50: what a tenant's connections send beyond its limit is refused, and touches no other tenant, nor what they receive. Test: TestTenantFlood.
//   - G28: a wrong definition is an error of New. Test: TestProcedureErrors.
//   - G29: a call ends after its time. Test: TestCallTakesTooLong.
//   - G30: a token decides what a connection may do, and a newer one from when it is given. Test: TestTokens.
//   - G31: connections end with what allows them, unless that is renewed. Test: TestExpiry.
//   - G32: a ticket lets one connection in, on whatever hub, and tells nobody what it grants. Test: TestTickets.
//   - G33: a grant that is revoked ends its connections on all hubs, and makes no others. Test: TestRevocation.
//   - G34: who polls gets each message once, from whatever hub. Test: TestPoll.
//   - G35: pages of other origins read answers where they may connect. Test: TestCORS.
//   - G36: a client that does not keep up with a channel of newest views gets the newest of each key. Test: TestLatest.
//   - G37: what a hub has of a channel can be asked for. Test: TestRecent.
//   - G38: each hub knows who is present on all, within a second, and within 17 seconds after one has died; one that hears nothing forgets nobody. Test: TestPresence.
//   - G39: a hub that begins learns of all who are present, however many. Test: TestManyPresent.
//   - G40: who watches is told once of each who comes and goes, on whatever hub. Test: TestWatchers.
//   - G41: nobody is told of who is present without leave to ask. Test: TestPresenceRefusals.
//   - G42: what is counted of a hub's connections is who is there. Test: TestCensus.
//   - G43: ten thousand clients that come back at once get what they missed, once. Test: TestReconnectStorm.
//   - G44: the limit of a write is none of what is written after a silence: pongs, and why a connection is closed. Test: TestQuietSocket.
//   - G45: who is revoked does nothing more, though it does not read that it is. Test: TestRevokedClientDoesNothing.
//   - G46: what a connection is going to follow, and what it watches, ends with the leave to. Test: TestRefreshWhileSubscribing.
//   - G47: what a client sends, and what is on the topic, ends no more than that client's connection, and what is no text is sent as bytes. Test: TestHostileMessages.
//   - G51: a server as described below gives up who shakes hands slowly or never, and serves the others meanwhile. Test: TestSlowHandshakes.
//   - G52: several connections of one principal are each served for themselves, and are one who is present. Test: TestDuplicateTabs.
//   - G53: a storm of messages in one channel delays and loses none in others. Test: TestStormBesideQuiet.
//   - G63: a hub with [Interest] reads no more partitions than its clients need, and resumes them as others do. Test: TestInterest.
//   - G64: where added partitions move a channel, a hub with [Interest] resets its clients, and no others. Test: TestInterestGrows.
//   - G55: while the broadcast topic is compacted, so that gaps could not be told, nobody is served. Test: TestCompactedTopic.
//   - G56: a client whose network is gone without a word is given up, and comes back to where it was. Test: TestHalfOpen.
//   - G66: ids of hubs with and without [Interest] hold on both, and say nothing of channels that they were not given for. Test: TestInterestIDsHoldElsewhere.
//   - G67: a client that resumes in partitions which a hub has not read for as long misses nothing. Test: TestInterestReplaysAcross.
//   - G68: a hub with [Interest] tells nobody of what is in another partition than its channel. Test: TestInterestPassesStrays.
//   - G69: an open transaction keeps nobody from following a channel of a hub with [Interest]. Test: TestInterestBesideOpenTransaction.
//   - G70: where a channel moves to a partition that there was, its clients get a reset. Test: TestInterestMovesToOldPlaces.
//   - G71: presence comes back when its topic is made anew, and a hub that cannot tell of its end lets nobody in. Test: TestPresencesAnew.
//   - G65: clients that resume from Kafka and do not read hold no more than is stated, and others wait for it. Test: TestPagesAreBounded.
//   - G72: the check of a hub falls until it serves. Test: TestCheck.
//   - G14: G1 and G2 hold while hubs come and go, Kafka is cut off, and records and the topic are deleted. Test: TestSimulation.
//
// # Servers
//
// A hub's handlers are served by a [net/http.Server]. Set its ReadHeaderTimeout, 10 seconds for example: it bounds a TLS handshake, and a
// request's header, which nothing else does, as there is no client for the hub yet. IdleTimeout bounds connections between requests. A
// ReadTimeout or WriteTimeout for other requests does not end streams and WebSockets, for which a hub has [KeepAlive] and [WriteLimit]. A client
// whose network is gone without a word is given up by these; an idle event stream's by TCP, which the operating system decides on.
// A proxy before it must not buffer, and must wait longer than KeepAlive for the next byte.
//
// # Limits
//
// Order is kept within a channel, except while partitions are added to the topic. A hub reads the whole broadcast topic, or with [Interest] what its
// clients need of it. A client follows at most 64 channels, each whole or with single keys. A message of no tenant reaches everybody who may follow
// its channel. The number of connections, of a hub and of a tenant, what a connection and a tenant send, and what waits for one client are bounded;
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
//   - millrace.push.partitions: partitions of the broadcast topic that the hub reads.
//   - millrace.push.history: bytes that the history takes, about.
package push
