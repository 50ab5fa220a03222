// Package jobs does work that a queue is given, on the shards of a [partitions.Group]: with retries, schedules, priorities and unique
// keys, and without a database that is polled.
//
// # Overview
//
// A [Kind] of job is a function. [Enqueue] sends jobs to their queue, from any process, and with a database transaction through an outbox. Each
// node of the queue has a [Runner], which owns some of its shards and does their jobs. A job is a row of its shard: what happens to
// it is written in transactions of the shard before it counts.
//
//	var SendMail = jobs.Define("mail.send", func(ctx context.Context, a *jobs.Attempt, m Mail) (jobs.None, error) {
//		return jobs.None{}, server.Send(ctx, a.Key(), m)
//	}, jobs.Queue("mail"), jobs.Timeout(30*time.Second))
//
//	err := jobs.Enqueue(ctx, outbox.In(tx), SendMail.New(mail, jobs.After(time.Hour), jobs.Priority(1))).Err()
//
//	r, err := jobs.New(b, "mail", SendMail, jobs.Workers(200))
//	err = b.Verify(ctx, r.Contracts()...)
//	err = r.Run(ctx)
//
// # Guarantees
//
//   - G1: a job that is enqueued is done, or stays as dead or cancelled with the reason; once it is done, nothing of it begins again. Test: TestDone.
//   - G2: a job whose node dies comes again elsewhere, as another attempt with a larger token. Test: TestWorkerKilled.
//   - G3: an attempt is counted before it begins, so that a job that ends its process is dead once its attempts are spent; jobs that such a one takes along come to their end. Test: TestPoisonJob.
//   - G4: a job is tried as often as its policy says, and as late; snoozes do not count. Test: TestRetries.
//   - G5: an attempt whose time is over, or that tells nothing for too long, ends; a handler that goes on is given up, and holds no place. Test: TestTimeout.
//   - G6: no job begins before its time by the clock of its shard's owner, also when shards move. Test: TestNeverEarly.
//   - G7: once a cancellation is answered nothing of the job runs, and nothing that it returns counts. Test: TestCancel.
//   - G8: of the jobs of a unique key one is there at a time, and in its window, and what becomes of others is as they say. Test: TestUnique.
//   - G9: tenants have turns, so that one that enqueues much holds up no other; a kind that is as busy as it may be holds up no other; priorities have their shares. Test: TestFloodingTenant.
//   - G10: dead jobs are kept with the reason, and may be edited, redriven and discarded; what is no job is a dead letter. Test: TestDeadLetter.
//   - G11: a queue that is paused begins nothing on any node until it is resumed. Test: TestPause.
//   - G12: a node that stops lets attempts end for as long as its grace, and those that do not end in it are not counted. Test: TestDrain.
//   - G13: a wrong definition, or a job that cannot be, is an error of what meets it first. Test: TestDefinitionErrors.
//   - G14: each tick of a schedule has one job, not before its time, however often the node that has the schedule dies or changes. Test: TestCron.
//   - G15: ticks that were missed have what their schedule says, and one that nobody missed has its job. Test: TestMissedTicks.
//   - G16: a schedule follows the clock of its zone when that is set forward and back. Test: TestCronAcrossClockChanges.
//   - G17: what comes after a job is enqueued once, with its end as done; where it is dead, what comes after it waits for its redrive. Test: TestChain.
//   - G18: the completion job of a batch begins once, after all members have ended, also those that members have added, and learns what became of them; with the batch all its members are cancelled. Test: TestBatch.
//   - G19: of the attempts that a limit bounds there are never more at once than it says, over all nodes, and as many as there may be; no permit is lost or doubled by a death or a move. Test: TestAtOnce.
//   - G20: no more attempts than a rate says have their permits in any stretch of its length, and tenants have them by turns. Test: TestRate.
//   - G21: permits that a shard cannot use go back. Test: TestPermitsGoBack.
//   - G22: through crashes, pauses and aborted transactions each job comes to its end, with no attempt before its time, none beyond the limit, and none after its cancellation. Attempts of a job do not overlap, but where a process stands still; a later one has a larger token, or the same and a larger number. Test: TestStorm.
//   - G23: the tests that hold G2, G3, G6 to G9, G11, G14, G15 and G17 to G19 find what they are for: mistakes made on purpose. Test: TestMutantsAreCaught.
//   - G24: what earlier versions have stored is read as it was recorded. Test: TestRecordedRow.
//   - G25: a job that waits takes at most 500 bytes of a node whose tables are in memory, 234 were measured; on disk it is 50, beside 64 MiB. Test: TestManyWaiting.
//   - G26: a job comes to its end also where nobody can be told of it. Test: TestUntold.
//   - G27: who is no node of the queue asks of it what a node may. Test: TestOutside.
//   - G28: where the clocks of nodes differ, each job and each tick comes once all the same, and not before its time by the clock of the node that does it. Test: TestSkewedClocks.
//   - G29: a job that is cancelled in the moment in which it comes does not run on. Test: TestCancelAtOnce.
//   - G30: a shard whose jobs cannot be told of is taken over all the same. Test: TestUntoldAtOpening.
//   - G31: however many jobs a node has in its memory when it dies, each comes to its end, and its batch is told of it. Test: TestManyLost.
//   - G32: however many tenants want permits of a limit, each has its turn. Test: TestManyTenants.
//   - G33: a member of a cancelled batch that comes within 24 hours is cancelled; after that its id is free. Test: TestLateMembers.
//   - G34: jobs with large inputs are done as others are, and no transaction has more of them than it can hold. Test: TestLargeJobs.
//   - G35: a job that is interrupted since its node may not believe in its shard any more begins again there if the node keeps it. Test: TestLeaseComesBack.
//   - G36: the only attempt of a job is not spent by the death of a node that may not begin it yet. Test: TestOnlyAttempt.
//
// # Effects
//
// Nobody can make a call to another system and its record in a log one thing. A job whose node dies in the middle is done again, and
// a node that was cut off may do it beside its successor for a moment. So a handler must do its work once for each [Attempt.Key],
// which most systems that matter take as an idempotency key, or let what it writes be fenced by [Attempt.Token] and [Attempt.Number].
//
// # Nodes and shards
//
// At most as many nodes work as the queue has shards, 64 unless [Shards] says otherwise; others are standbys and say so in their log.
// Which shard a job goes to is up to its unique key, or its id. A node has as many attempts at once as [Workers] says, of all its shards,
// and in its memory
// besides these as many jobs as ended within the last second: what waits beyond that is rows, in memory or on disk as [partitions.OnDisk] says.
// It takes no job more into its memory while those there were given 256 MiB, and no transaction takes in, or lets end, more than 8 MiB of them.
//
// # Topics
//
// "<queue>.jobs" has what is enqueued: CloudEvents of the type "jobs.<kind>", whose values are JSON. With [Tell], "<queue>.told" has what becomes
// of it: [Told]. The group of a queue is "jobs.<queue>", and its topics, such as dead letters in "jobs.<queue>.dlq", are those of package
// partitions.
//
// # Concurrency
//
// A [Kind] and a [Runner] are safe for concurrent use. An [Attempt] may be used by all of its handler's goroutines.
package jobs
