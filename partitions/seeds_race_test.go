//go:build synctests && race

package partitions_test

// simulatedSeeds is fewer than without the race detector, which makes each some twenty times as slow.
const simulatedSeeds = 40
