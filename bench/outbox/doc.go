// Package outbox has the bench "outbox": the relay beside a real Debezium connector, in defaults and tuned, on the same
// PostgreSQL and Kafka, each in a process of its own: a backlog, and the latency at a low rate. Linux only: memory and
// CPU time of a side come from /proc. Java 17 and Maven are needed.
//
// # Guarantees
//
//   - G1: a side that loses, repeats, reorders or changes a row is refused. Test: TestTallyRefuses.
package outbox
