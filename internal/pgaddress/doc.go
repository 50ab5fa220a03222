// Package pgaddress connects to PostgreSQL by an address that may have settings of a pool, such as pool_max_conns, which pgxpool takes out and a
// single connection would tell the server, that refuses it.
//
// # Guarantees
//
//   - G1: one address is taken by pools and by single connections. Test: TestPoolSettings.
package pgaddress
