// Command temporal is the side of Temporal in the bench "sagas": the server with its embedded store in memory, a worker, and
// who starts the flows are one process. A module of its own, since its dependencies are many.
package main
