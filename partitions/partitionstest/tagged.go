//go:build synctests

package partitionstest

const virtual = true
