// Package machinestest tests a machine's definition without a broker: by hand, and by sequences of events that nobody
// would have thought of. What a machine does in a group, package partitionstest shows.
//
// # Guarantees
//
//   - G1: Run fails the test at the first event that ends otherwise than expected. Test: TestRun.
//   - G2: Explore finds a sequence of events that breaks what should hold, and shows a short one. Test: TestExploreFinds.
//   - G3: Explore fails the test when a transition of the definition was never made. Test: TestExploreCovers.
package machinestest
