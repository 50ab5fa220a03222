// Package claimchecktest has what a test of claim checks needs: a store in memory, and the checks that every store must pass.
//
// # Guarantees
//
//   - G1: the store in memory is one. Test: TestMemory.
package claimchecktest
