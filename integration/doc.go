// Package integration runs the promises of the other packages against real servers.
//
// # Guarantees
//
//   - G1: package bus keeps its promises on Apache Kafka. Test: TestBusOnKafka.
//   - G2: other Kafka clients read what the bus writes, and the bus reads what they write. Test: TestKcat.
package integration
