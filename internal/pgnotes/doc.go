// Package pgnotes keeps notes of what is done in a PostgreSQL database, in the transactions of those who do it: what the ledgers of sagas and
// jobs share.
//
// # Guarantees
//
//   - G1: of transactions that note one key one is the first, and the others wait for its end. Test: TestOneIsFirst.
package pgnotes
