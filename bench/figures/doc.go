// Package figures prints what a bench has found: a line a figure, for people or as JSON.
//
// # Guarantees
//
//   - G1: a quantile and a median are one of the values. Test: TestQuantile.
package figures
