// Package authority issues certificates for tests of servers and clients that know each other by them.
//
// # Guarantees
//
//   - G1: an issued certificate is good for its names, as a server's and as a client's, where its authority is trusted. Test: TestIssue.
package authority
