// Package servers finds or starts the servers that integration tests and benchmarks need.
//
// # Guarantees
//
//   - G1: a server named in the environment is used as it is. Test: TestKafkaFromEnvironment.
package servers
