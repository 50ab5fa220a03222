// Package mutants finds out whether a package's tests find what they are for: mistakes are made on purpose, and the tests must fail.
package mutants
