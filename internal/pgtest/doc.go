// Package pgtest gives a test a PostgreSQL server of its own, with wal_level = logical.
//
// # Guarantees
//
//   - G1: without a server the test is skipped, or fails where MILLRACE_REQUIRE_SERVERS is set. Test: TestOpen.
package pgtest
