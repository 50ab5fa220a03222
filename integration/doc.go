// Package integration runs the promises of the other packages against real servers: Apache Kafka, PostgreSQL, Redis, S3 and
// a schema registry, which package servers finds or starts. A server that is missing is a loud skip, and a failure where
// MILLRACE_REQUIRE_SERVERS is set.
//
//	go test -tags synctests ./integration/...                              # whatever this machine has
//	MILLRACE_SERVERS=docker go test -tags synctests ./integration/...      # containers, nothing else
//	KAFKA_URL=kafka://host:9092 go test -tags synctests ./integration/...  # this Kafka, and what the machine has of the rest
//
// The shop's tests run the built program as pods do. They write orders with random ids into the database and the topics
// of the shop, so give them servers that may keep such.
//
// # Guarantees
//
//   - G1: package bus keeps its promises on Apache Kafka. Test: TestBusOnKafka.
//   - G2: other Kafka clients read what the bus writes, and the bus reads what they write. Test: TestKcat.
//   - G3: an order that one pod accepts is on its topic and on the event stream of another pod. Test: TestShop.
//   - G4: no accepted order is lost when a pod is killed, and each has one event id however often it is sent. Test: TestKillLosesNoOrder.
//   - G5: a shared subscription on Apache Kafka keeps what it holds past the lock. Test: TestSharedRenewsLocksOnKafka.
//   - G6: a contract of each codec keeps its promises on Apache Kafka. Test: TestCodecsOnKafka.
//   - G7: a real schema registry takes the schemas, hands back what values were written with, and its refusal is told. Test: TestSchemaRegistry.
//   - G8: certificates, PLAIN, SCRAM and OAUTHBEARER work on Apache Kafka; wrong and expired ones are told, and tokens asked for again. Test: TestSecuredKafka.
//   - G9: a partition group that is reset builds its state again. Test: TestResetOnKafka.
//   - G10: relays that are killed and stand still, and a database and a broker that crash, publish each committed row once, and in order. Test: TestRelaysFight.
//   - G11: where a standby of PostgreSQL 17 takes over with a copy of the slot, each row that it has is published once, and in order. Test: TestFailover.
//   - G12: without a copy the relay stops and says what to do. Test: TestFailoverWithoutSlot.
//   - G13: what a standby commits in places of the log that were published otherwise is published. Test: TestFailoverBehind.
//   - G14: a transaction of any size passes a relay in order and in bounded memory. Test: TestLargeTransaction.
//   - G15: an outbox without events keeps no log back while other databases fill it. Test: TestQuietOutbox.
//   - G17: clients of push gateways that are killed and restarted see every message of theirs once and in order, on whichever they resume, or a reset, and none of another tenant. Test: TestPushPods.
//   - G18: a pod has started when its shards have their state; while three are restarted in turn readiness falls first and liveness never, two are ready at all times, and no request fails through a proxy that asks those that are ready. Test: TestRollingRestart.
//   - G19: the shop and a push gateway need no more rights on Kafka than their users in deploy/kubernetes have, and a tenant's user may do nothing with what is theirs. Test: TestRights.
//   - G20: the container image runs as an ordinary user without capabilities on a read-only file system, writes nothing to it, and says what it is made of. Test: TestImage.
//   - G16: a record that brokers refuse is the only one that a group gives up. Test: TestRefusedRecordOnKafka.
//   - G21: what is known of a request is known wherever it comes to: chain, outbox, event, machine, saga, job, push, call, shard, and the pod that it is sent on to; what nobody has signed is not believed. Test: TestContextWalk.
//   - G22: schemathesis, which asks a shop whatever its OpenAPI document allows and forbids, finds no answer that is not as the document says, and has removed endpoints that were there. Test: TestSchemathesis.
//   - G30: a fault that the removal of an endpoint that is there shows, and nothing else, is found by it. Test: TestSchemathesisFindsFaults.
//   - G23: large payloads go through an outbox and a bucket, and those of transactions that were rolled back are collected. Test: TestClaimCheck.
//   - G24: what a tenant owns, in machines, sagas, jobs, channels, caches and boxes, is neither read nor changed by who is not of it, whatever operation, role or unsigned claim is tried. Test: TestAccess.
//   - G25: schemathesis finds no answer of routes that are derived from a group's commands that is not as their document says. Test: TestSchemathesisDerived.
//   - G26: a store that hangs, is killed and comes back while large events are read loses none of them and makes no dead letter, and commands of the lane go on. Test: TestClaimStoreKilled.
//   - G27: where the pod that collects is killed in its sweep another one goes on, and no payload that a record refers to is deleted. Test: TestCollectingPodKilled.
//   - G29: a pod that is told to stop while it holds half a request, a page, a job, a step and a webhook that hang, and half of the shards, under orders, ends what it has begun, hands on the rest, and ends well within its grace: no order, mail, payment or message to a page is lost or doubled, and no webhook is lost: what has hung too long is attempted again under the same id. Test: TestShutdownAtOnce.
//   - G28: doctor tells a user what it lacks to run a group on Apache Kafka. Test: TestDoctorRightsOnKafka.
package integration
