// Package shop is the example that `millrace dev` runs: a small order service that a reader may copy.
//
// # The way of an order
//
// POST /orders writes the order and one outbox row in a single PostgreSQL transaction. The relay puts the row on the
// Kafka topic outbox.event.order as the event shop.order.placed. A second row starts the order's checkout: package
// checkout, a saga that brings the order's machine on, live on the page too. The consumer group shop-fulfilment accepts the order,
// in a transaction of its own, and broadcasts a view of it on the push channel "orders", where GET /events hands it to
// every browser. Each step notes its time, and the page shows what each one took.
//
// Any pod answers any request by itself: what becomes of an order is read from PostgreSQL, where it is kept besides, and not from the order's
// owner. So pods need neither addresses nor a secret among themselves, which routes that package durable derives from a machine would need to
// read it, and an order is looked up before it is approved or cancelled. Routes that are derived from commands are in examples/bank.
//
// # Where to look
//
//   - contracts.go: the event and the push channel.
//   - order.go, draft.go: the domain, and what a client may ask for.
//   - store.go, migrations/: PostgreSQL, and the outbox.
//   - fulfil.go: the event's handler.
//   - events.go: the document of the events.
//   - checkout/, life.go: the order's machine and its checkout.
//   - mail/, post.go: mails, which are jobs.
//   - hooks/, partners.go: webhooks, and a receiver of them.
//   - routes.go, operations.go, place.go, read.go, status.go, problem.go: HTTP.
//   - page/: the page, without a build step.
//   - shop.go: all of it wired.
//
// # Guarantees
//
//   - G1: An order and its event are written together or not at all; a 201 means that the event will be published. Test: TestOrderAndEventShareOneTransaction.
//   - G2: The same id with the same content gives the same order again and places nothing; with other content it is a conflict. Test: TestPlacingTwiceIsIdempotent.
//   - G3: Input that is not exactly as described is refused with a problem that says what to do. Test: TestBadInputIsRefused.
//   - G4: Handling an event again changes nothing. Test: TestFulfilmentIsIdempotent.
//   - G5: A placed order reaches the event stream with its position in Kafka. Test: TestOrderTravelsToTheEventStream.
//   - G6: A request's id is in the answer and goes with the event. Test: TestRequestIDTravels.
//   - G7: The page shows what it missed while it was disconnected. Test: TestPageInABrowser.
//   - G8: An order is checked out as its page says: delivered, or cancelled with what was done undone. Test: TestLifeInABrowser.
//   - G9: A customer who gave an address has one mail of each, however often sending fails. Test: TestMailOfAnOrder.
//   - G10: Partners' endpoints are told of all that happens to an order, and the receiver takes each event once. Test: TestWebhooksOfAnOrder.
//   - G11: The document at /openapi.json has the operations that are served. Test: TestDocumentIsServed.
//   - G12: The document at /asyncapi.json has each event, who takes it, and how Kafka is reached, without a password. Test: TestEventsAreDescribed.
package shop
