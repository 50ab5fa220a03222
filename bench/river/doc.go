// Command river is the side of River in the bench "jobs": workers and who enqueues are one process beside PostgreSQL. A module
// of its own, since its dependencies are many.
package main
