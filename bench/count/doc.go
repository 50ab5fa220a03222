// Package count has the benches "partitions", "handover" and "failover": the stateful count, exactly
// once. A side reads records of 200 bytes, counts them per key in a table, writes each new count to the table's changelog,
// and emits an output record, on one broker and in a process of its own. Linux only: memory and CPU time of a side come
// from /proc.
//
// # Guarantees
//
//   - G1: every side is given the same records. Test: TestInputRepeats.
//   - G2: a side that loses, repeats, reorders or miscounts a record is refused. Test: TestTallyRefuses.
package count
