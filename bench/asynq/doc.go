// Command asynq is the side of asynq in the bench "jobs": workers and who enqueues are one process beside Redis. A module of
// its own, since its dependencies are many.
package main
