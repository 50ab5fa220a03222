// Package jobstest tests jobs without a broker to install and without waiting: what a piece of code enqueues, what a handler does when it is
// called once, and whole lives of jobs in a queue on virtual time.
//
// # What is enqueued
//
// A [Recorder] takes messages in place of a bus, an outbox or a shard's transaction, and [Enqueued] reads the jobs of a kind from it:
//
//	var published jobstest.Recorder
//	err := shop.Order(ctx, &published, cart) // takes a bus.Publisher
//	mails := jobstest.Enqueued(t, &published, SendMail)
//	// mails[0].Input.To, mails[0].Due, mails[0].Priority, …
//
// # What a handler does
//
// [Work] calls the handler of a kind once, and says what would become of the job:
//
//	tried := jobstest.Work(t, SendMail, Mail{To: "anna@example.com"}, jobstest.Attempt(3))
//	// tried.State is jobs.Retrying, tried.Again is how long it waits, tried.Progress is what it has said
//
// # What becomes of jobs
//
// [Run] is a node of a queue, with the engine that production runs, on virtual time:
//
//	jobstest.Run(t, func(t *testing.T, q *jobstest.Queue) {
//		q.Enqueue(t.Context(), SendMail.New(mail, jobs.ID("welcome"), jobs.After(time.Hour)))
//		q.Pass(time.Hour)
//		// q.Job(t.Context(), "welcome").State is jobs.Done
//	}, SendMail, jobs.Workers(2))
//
// Several queues, or a queue beside machines and sagas, are [In] one world of package partitionstest, which also lets nodes crash and
// transactions fail. Run and In need the build tag of the Kafka client for virtual time: go test -tags synctests.
//
// # Guarantees
//
//   - G1: all jobs of the kind that a publisher was given are there, in their order, with input and options as the queue reads them, and no other. Test: TestEnqueued.
//   - G2: a publisher takes nothing of messages that would be refused, and says so in its results. Test: TestRecorderRefuses.
//   - G3: what becomes of a single attempt is what a queue would make of it: its state, delay, result, and what comes after it. Test: TestWork.
//   - G4: a single attempt ends as in a queue: by its time-out or heartbeat, by a cancellation, and by a panic. Test: TestWorkEnds.
//   - G5: a job in a queue goes its way on virtual time: it is tried, waits and ends as its kind says, schedules tick, and it can be seen when it is not kept. Test: TestRun.
//   - G6: queues in one world enqueue for each other, and their nodes can crash. Test: TestIn.
//   - G7: what cannot be done fails the test with the reason. Test: TestFails.
package jobstest
