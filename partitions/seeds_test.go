//go:build synctests && !race

package partitions_test

// simulatedSeeds is how many seeds the simulation runs by default.
const simulatedSeeds = 1000
