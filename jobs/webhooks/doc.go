// Package webhooks delivers events to endpoints of an application's customers over HTTP, signed as Standard Webhooks says, on the shards
// of a [partitions.Group]; and it verifies webhooks of any sender that signs so.
//
// # Senders
//
// [Define] makes [Hooks]. A tenant's endpoints are made by [Hooks.Create] on any node, and told of events by [Hooks.Send], from a bus, an
// outbox or a shard's transaction, or of what is published under other contracts by [From]:
//
//	var Hooks = webhooks.Define("shop", webhooks.Sealed(key))
//	g, err := partitions.New(b, "shop-webhooks", Hooks.Part())
//	endpoint, key, err := Hooks.Create(ctx, g, "", webhooks.Settings{URL: "https://example.com/hooks", Types: []string{"order.*"}})
//	err = b.Subscribe(ctx, "shop-forwarder", webhooks.From(Hooks, b, OrderPlaced, shape))
//
// An event comes to the shard of its tenant, which knows who wants it, and a delivery goes from there to the shard of each endpoint. That
// has the endpoint's queue, makes the attempts, and stores what comes of them. Each step is one Kafka transaction; the request itself is
// beside it. So an event is delivered at least once, under the same webhook-id each time: an attempt that is under way when its node dies
// or its shard moves is made again, and is not in the log. A node that stops begins no attempts and waits for those under way, 10 seconds at most.
// Receivers handle an id once. Without [Settings].Ordered, deliveries have no order.
//
// An answer of 2xx within [Timeout] is a success, and all else a failure, redirects too. [Schedule] says when a failed delivery is tried
// again, and when it is dead. A receiver may put that off by Retry-After, a day at most, and with 429, 502, 503 and 504 all its attempts, an hour
// at most. [Breaker] lets an endpoint rest that does nothing but fail; [DisableAfter], and an answer of 410, disable it. What waits for it then
// goes on waiting, what happens meanwhile it is not told, and [Hooks.Replay] makes up for it.
//
// # Receivers
//
// A [Verifier] verifies webhooks of v1 (HMAC-SHA256) and v1a (Ed25519):
//
//	v, err := webhooks.NewVerifier([]string{os.Getenv("WEBHOOK_SECRET")})
//	http.Handle("/hooks", v.Handler(handler))
//
// # Guarantees
//
//   - G1: signatures of v1 are those of the Standard Webhooks reference library, both ways, also while secrets are rotated. Test: TestStandardLibrary.
//   - G2: signatures of v1a are those that OpenSSL and Node make. Test: TestReferenceVectors.
//   - G3: a key tells its secret to nobody who does not ask for it. Test: TestKeys.
//   - G4: a receiver's handler sees verified requests only, whose body is whole and bounded. Test: TestHandler.
//   - G5: a request that was recorded is not taken again, where replays are refused. Test: TestReplays.
//   - G6: no delivery goes to an address of IANA's special-purpose registries, also where one of a name's addresses is good. Test: TestSpecialAddresses.
//   - G7: URLs that programs read differently are refused: odd spellings of addresses, users, other schemes and ports. Test: TestURLs.
//   - G8: the address that is checked is the one that is connected to. Test: TestSocketsAreChecked.
//   - G9: a name that means a private address from its second look-up on leads nowhere. Test: TestRebinding.
//   - G10: each event comes at least once to each endpoint that wants it, and is delivered once as far as is stored and told, through crashes, pauses, moves and receivers that fail. Test: TestStorm.
//   - G11: it is so wherever in a transaction a node crashes, or a transaction fails. Test: TestEachFailure.
//   - G12: what is under way when its node is killed or its shard moves is tried again by the next owner. Test: TestMoves.
//   - G13: receivers that hang, redirect, send without end, or are no servers, take the time and the memory of one attempt, which are bounded. Test: TestHostileReceivers.
//   - G14: attempts come as scheduled, with one id and times of their own; each is in the log, and the last one makes the delivery dead. Test: TestSchedule.
//   - G15: Retry-After is honoured, within limits. Test: TestRetryAfter.
//   - G16: a key that is rotated between attempts signs those that follow, together with the old one as long as that overlaps. Test: TestRotation.
//   - G17: an endpoint that fails again and again has one attempt in a while, and all that waits when it answers. Test: TestBreaker.
//   - G18: an endpoint is disabled after a time of nothing but failures, and at once by 410; both are told, and enabling it goes on with what waits. Test: TestGone.
//   - G19: deliveries to an endpoint with an order wait for those before them. Test: TestOrder.
//   - G20: an endpoint has no more attempts than its rate. Test: TestRate.
//   - G21: endpoints that hang or fail do not delay deliveries to those that answer, also where there are more of them than places. Test: TestHangingReceivers.
//   - G22: a tenant that floods does not delay others' deliveries. Test: TestFlood.
//   - G23: what is dead, what happened between two times, and single events are told again when that is asked for, once for each replay. Test: TestReplay.
//   - G24: secrets are neither in what is logged nor in what is told, and with Sealed not in anything that Kafka has; keys can be changed. Test: TestSecrets.
//   - G25: tenants know nothing of each other's endpoints. Test: TestTenants.
//   - G26: endpoints are managed from any node; what is refused says why. Test: TestManagement.
//   - G27: a test makes one attempt that counts for nothing. Test: TestTestSend.
//   - G28: an endpoint that is deleted has no more attempts, and leaves no rows. Test: TestDelete.
//   - G29: other contracts' events are told once each, in the shape that is wanted. Test: TestOtherTopics.
//   - G30: what is committed of a group's hooks can be read from anywhere. Test: TestInspect.
//   - G31: what this version stores is read as it was recorded. Test: TestRecordedRows.
//   - G32: a wrong definition is an error of whatever meets it first. Test: TestDefinitionErrors.
//   - G33: an event that was delivered is delivered also where nobody can be told of it. Test: TestUntold.
//   - G34: a node makes 16 tests at once, and refuses more. Test: TestManyTests.
//   - G35: of the deliveries that are given up, an endpoint keeps the last ones, as many as MaxDead says. Test: TestDeadAreBounded.
//   - G36: an event that cannot be read stops no replay, and its place is logged. Test: TestUnreadableEvent.
//   - G37: where the clocks of nodes differ, no attempt comes before its time by the clock of the node that makes it, which signs by it. Test: TestSkewedClocks.
//   - G38: a delivery that is remembered takes at most 130 bytes of the changelog and 400 of a node whose tables are in memory. Test: TestRemembered.
//   - G39: a node that stops lets attempts that are under way end, for a while, and begins no others. Test: TestAttemptsEnd.
//
// # Secrets
//
// Signing keys and the values of headers are encrypted with AES-256-GCM where [Sealed] is given, before they leave the process that makes
// or changes an endpoint. Without it they are in the clear in the topics "<group>.changelog", "<group>.commands" and "<name>.deliveries",
// which a warning says once: whoever may read these can sign in your name. Payloads are in Kafka as they are. Log lines have the names of hooks,
// endpoints and tenants. Attempts tell why there was no answer in a few fixed words, and not what is known of this network.
//
// # Topics and rows
//
// "<name>.events" is keyed by tenant and "<name>.deliveries" by tenant and endpoint; both have [Shards] partitions. "<name>.told" has
// [Attempted] and [Notice], keyed by endpoint. All values are JSON and all records CloudEvents. Memory is bounded by the number of endpoints and by
// 64 MiB of deliveries; what waits beyond are rows of the group's changelog, [MaxQueued] for an endpoint at most. Of what was given
// up, the last [MaxDead] are rows too.
//
// So that an event is delivered once, a row remembers each delivery: 99 bytes and 193 of memory were measured, for the 7 days that [Remember] is
// by default. At ten deliveries a second these are six million rows, of 600 MB, and 1.2 GB of the nodes' memory unless they keep tables on disk: an
// application of many events may remember them for a day, if none comes again later than that.
//
// An event is sent to all endpoints that choose it in one transaction: [MaxEndpoints] times its size at most, which is 100 times 128 KiB by
// default, and 13 MB with what stands around it. A transaction that has written 64 MiB ends before the next event.
//
// # Clocks
//
// An attempt is due, an endpoint rests, and a request is signed by the wall clock of the node that makes the attempt. What one node has stored is
// compared with the clock of the next one: an endpoint that moves to a node whose clock is behind waits longer by the difference, also for what was
// due, and one that moves to a node whose clock is ahead waits less. Receivers refuse what is signed further from their clock than they
// tolerate, which is five minutes by default. Time-outs are by the monotonic clock.
//
// # Metrics
//
// The bus's meter provider gets millrace.webhooks.deliveries, millrace.webhooks.attempts and millrace.webhooks.disabled, of what is committed.
//
// # Concurrency
//
// Everything is safe for concurrent use. [Slots] says how many attempts are made at once.
package webhooks
