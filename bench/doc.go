// Command bench measures Millrace beside other libraries: the same work, on the same broker, in turns, in one run.
//
//	go run -C bench . bus [--kafka ADDR] [--json] [--quick]
//	go run -C bench . partitions [--kafka ADDR] [--json] [--quick]
//	go run -C bench . handover [--kafka ADDR] [--json] [--quick]
//	go run -C bench . failover [--kafka ADDR] [--json] [--quick]
//	go run -C bench . webhooks [--kafka ADDR] [--json] [--quick]
//	go run -C bench . locks [--kafka ADDR] [--json] [--quick]
//	go run -C bench . outbox [--kafka ADDR] [--database URL] [--json] [--quick]
//
// Without an address it starts a broker of Apache Kafka as a process. Each figure is the median of several rounds.
//
// # Guarantees
//
//   - G1: every side writes the same bytes. Test: TestSidesWriteTheSame.
package main
