// Package mail sends the shop's mail: the model of how to use package jobs. A mail is a job of the kind "mail.send", which is enqueued with
// the transaction that it tells of. The job's handler gives it to a [Mailbox], in the transaction in which the job is done.
//
// # Guarantees
//
//   - G1: a mail is kept once, however often its job is tried: of an attempt that fails nothing stays. Test: TestFailures.
//   - G2: a mail whose node goes while it is sent is sent by the next one, and kept once. Test: TestNodeGone.
//   - G3: a mail to who is nowhere is dead at once, with the reason. Test: TestFailures.
package mail
