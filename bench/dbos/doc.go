// Command dbos is the side of DBOS Transact for Go in the bench "sagas": flows and who starts them are one process beside
// PostgreSQL. A module of its own, since its dependencies are many.
package main
