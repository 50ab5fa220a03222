// Command millrace runs the platform and looks into it.
//
// # Commands
//
// dev runs everything on one machine with what the machine has: a Kafka broker within the process, PostgreSQL and Redis,
// the outbox relay, the push hub and the example shop. serve runs the same program on servers that are there already, and
// relay the outbox relay alone. topics, tail, publish, deadletters and shards look into Kafka, outbox into relays and
// replication slots, and doctor says what to change in the servers' configuration. machines, sagas, jobs and webhooks show what
// groups of these packages have, and act on it. generate writes clients' code from what an application serves.
//
// # Exit codes
//
//   - 0: done, or stopped as asked.
//   - 1: failed; the last line says why and what to do.
//   - 2: wrong use of the command line.
//   - 3: doctor found something to change.
//   - 130: a second Ctrl-C forced the end.
//
// # Guarantees
//
//   - G1: dev serves on a machine without any server running, and leaves nothing behind. Test: TestDev.
//   - G2: orders and events are there again after a restart on the same data. Test: TestRestartKeepsOrders.
//   - G3: kill -9 loses no accepted order, and each of its mails is kept once; the database server left behind is adopted. Test: TestKillLosesNoOrder.
//   - G4: a second dev on the same data, and a port in use, are errors that say what to do. Test: TestStartErrors.
//   - G5: dev runs as an ordinary user as well as root. Test: TestDevAsOrdinaryUser.
//   - G6: commands read and write what any Kafka client does. Test: TestPublishAndTail.
//   - G7: serve runs as many pods as wanted side by side; another one goes on when one ends. Test: TestServe.
//   - G8: doctor says what to change, and its exit code says that there is something. Test: TestDoctor.
//   - G9: what doctor recommends, the tables of deploy/kafka and the files there agree. Test: TestRecommendations.
//   - G10: where PostgreSQL is not installed it is downloaded, once, and its digest compared. Test: TestDevDownloadsPostgres.
//   - G11: a full disk refuses orders and says what to do; those that were accepted are kept. Test: TestFullDisk.
//   - G12: relay publishes what is committed once and in order; another one takes over when it is killed. Test: TestRelay.
//   - G13: relay stops before a gap, its log and outbox say what to do, /readyz falls, and it goes on when told to. Test: TestRelayGap.
//   - G14: outbox shows who publishes, slots that are lost, read by others or unread, and what to do, whether relays run or not. Test: TestOutbox.
//   - G15: jobs shows what a queue has, also while no node of it runs, and what it does to jobs and to the queue is what their nodes answer. Test: TestJobs.
//   - G16: webhooks shows endpoints and deliveries, and tests, replays, rotates, enables and disables them. Test: TestWebhooks.
//   - G17: the console shows all sections live and does what it offers, in a browser, by keyboard, without a serious fault for screen readers. Test: TestConsole.
//   - G18: serve has a console for those who have a token alone, and none without a file of tokens. Test: TestServeConsole.
//   - G31: what one request to push publishes keeps its order over tenants, and comes to each message's tenant alone. Test: TestPushPublishes.
//   - G32: push gives up who sends a request slowly. Test: TestPushSlowRequests.
//   - G30: the same document gives the same TypeScript types, and one that is not understood an error. Test: TestGenerate.
//   - G33: while Kafka is away a pod stays ready, takes orders, and says what it cannot answer; probers learn no driver's message. Test: TestKafkaAway.
//   - G34: a pod starts while Redis is away, refuses what needs it, and serves that when it comes. Test: TestRedisAway.
//   - G35: push starts while Redis is away. Test: TestGatewayWithoutRedis.
//   - G36: payloads that no record refers to are deleted, or only counted, and a bucket that deletes the others is a problem. Test: TestClaimcheck.
//   - G37: of the pods that are to delete unused payloads one does, and another once it is away. Test: TestPodsCollect.
//   - G38: serve deletes the unused payloads of the topics that it is given. Test: TestServeCollects.
//   - G39: where a database is named, a collection keeps what rows of its outbox may refer to, and deletes nothing where it does not tell. Test: TestWaitsInLog.
//   - G40: doctor says which rights a user lacks to run a group, as far as brokers tell. Test: TestDoctorRights.
//   - G41: doctor finds a bucket that deletes payloads before any topic with references to them lets go. Test: TestDoctorS3.
//   - G42: a part of a pod that does not end in order, as where requests are cut off, is logged. Test: TestCutOffIsLogged.
package main
