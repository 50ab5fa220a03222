// Package bank has a WebSocket's client ask the owner of a shard. Balances are a table of a partition group; a client of any node calls a
// [push.Method], which asks the account's owner by [partitions.Ask], wherever that is, and answers when its transaction is committed. HTTP's clients
// have the same by routes that are derived from the commands, see [Routes].
//
// # Guarantees
//
//   - G1: a call at any node is answered by the account's owner, and done once. Test: TestAnyNodeAnswers.
//   - G2: a withdrawal by HTTP that is sent again with its key, to any node, is done once and answered as it was. Test: TestRoutes.
package bank
