// Package pgtest gives a test a PostgreSQL server of its own, or a database on one that the package's tests share, with
// wal_level = logical.
//
// # Guarantees
//
//   - G1: without a server the test is skipped, or fails where MILLRACE_REQUIRE_SERVERS is set. Test: TestOpen.
//   - G2: tests that share a server see nothing of each other, and nothing stays when they end. Test: TestShared.
package pgtest
