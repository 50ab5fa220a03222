// Package soak lets five processes and three brokers of Apache Kafka fail at random for as long as it is told, and
// counts what is left.
//
//	go test -tags synctests ./integration/soak              # 90 seconds of faults, and 100,000 jobs that wait
//	make soak DURATION=2h                                   # as long as you like, in rounds, and ten million
//	MILLRACE_SOAK_WAITING=1000000 go test -tags synctests -timeout 0 -v -run TestManyWaiting ./integration/soak
//	MILLRACE_SOAK=10m MILLRACE_SEED=7 go test -tags synctests -timeout 0 -run TestSoak ./integration/soak
//
// # What runs
//
// Each worker is a process of the test's own binary. All of them are one group of package partitions, which counts
// records by key in a table, emits each count, arms a timer for some of the records and arms one anew for each, and has
// singletons that note their tokens for as long as they believe in their leases; and each takes locks of package locks.
// Beside it they run a group of machines, lamps, to which random events come, and one of sagas that move money between
// accounts, in steps that fail at random, and that are cancelled at random. They are nodes of a queue of jobs, chores, which take a while,
// fail, snooze, hang, are scheduled and cancelled at random, and of which a schedule adds one each second; and of a group that delivers webhooks
// to the test, which verifies them, and fails and dawdles at random.
// Some keep their state on disk and find it again in their next life; one standby is kept of each shard. The test feeds
// them. Meanwhile every worker is, each by its own chance, killed with SIGKILL, stopped with SIGSTOP for less or for
// longer than the session timeout, or ended in good order; and one broker at a time is killed, stopped or restarted.
// After each round all is healed, the workers have to catch up and to end in good order, and the topics are read to
// their ends.
//
// # When it fails
//
// It prints the seed, what was done to whom and when, and which line of the oracle broke, and names the directory that
// it leaves: the log and the journal of each worker, the logs of the brokers, and the timeline. A seed repeats the
// choices of a run, not the moments at which they meet the programs. With MILLRACE_SOAK_LOGS the directory is made in
// that one, and stays also when all is well.
//
// # Guarantees
//
//   - G1: each record has its effect exactly once, in order, in table, changelog and output, tokens strictly increase, and timers fire once and not early. Test: TestSoak.
//   - G2: of a singleton, and of the holders of a lock, no two that can look at their leases believe in them at once. Test: TestSoak.
//   - G3: the oracle finds what it is for: records that are lost, doubled, late or written under an old token. Test: TestOracleFinds.
//   - G4: so does the look at singletons and locks. Test: TestJournalsFind.
//   - G5: each event of a machine has one end, and an instance is the fold of its transitions, by its own definition. Test: TestSoak.
//   - G6: the oracle of machines finds what it is for. Test: TestLampOracleFinds.
//   - G7: no money is lost or made by sagas: each is completed, or compensated with nothing of it left; each step ends once, and is undone once and not before. Test: TestSoak.
//   - G8: the oracle of sagas finds what it is for. Test: TestBankOracleFinds.
//   - G9: each job has one end, and what is done was done by a call that was told; none is called before its time, too often, beside another call or after its cancellation was answered; each tick of a schedule, and what comes after a job, is there once. Test: TestSoak.
//   - G10: the oracle of jobs finds what it is for. Test: TestChoreOracleFinds.
//   - G11: jobs that wait are all there, once each, when the node that has them is killed; a node of tables in memory has at most 1 GiB and 600 bytes for each of them. Test: TestManyWaiting.
//   - G12: each event comes to each of its tenant's endpoints under a good signature, in order where that is asked for, and is told as delivered once. Test: TestSoak.
//   - G13: the oracle of webhooks finds what it is for. Test: TestHookOracleFinds.
package soak
