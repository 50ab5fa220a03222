// Package jobs has the bench "jobs": jobs that are enqueued while nobody works, drained, and then enqueued one by one at a low
// pace, beside River on PostgreSQL and asynq on Redis. Each side is a process of its own that runs what package tasks says.
//
// # Guarantees
//
//   - G1: figures are medians of the turns, and quantiles over all of them. Test: TestFigures.
package jobs
