package claimcheck

import (
	"encoding/binary"
	"math/rand/v2"
)

// filter is a Bloom filter of the ids that are referenced. It has a fixed size, and errs on one side: it may take an object for referenced that
// is not, which the next collection, with other seeds, lets go.
type filter struct {
	bits  []uint64
	seeds [2]uint64
}

// probes is how many bits an id has: with 10 bits of room for each, 1 of 120 objects stays that could go; with 20, 1 of 7,000.
const probes = 7

func newFilter(bytes int) *filter {
	seeds := [2]uint64{rand.Uint64(), rand.Uint64()} //nolint:gosec // no secret
	return &filter{bits: make([]uint64, max(bytes/8, 1)), seeds: seeds}
}

// each calls visit with the words and masks of the id, until it is false.
func (f *filter) each(of id, visit func(word *uint64, mask uint64) bool) bool {
	at, step := mix(binary.LittleEndian.Uint64(of[:8])^f.seeds[0]), mix(binary.LittleEndian.Uint64(of[8:])^f.seeds[1])|1
	for range probes {
		bit := at % (uint64(len(f.bits)) * 64) //nolint:mnd // bits of a word
		if !visit(&f.bits[bit/64], 1<<(bit%64)) {
			return false
		}
		at += step
	}
	return true
}

func (f *filter) add(of id) {
	f.each(of, func(word *uint64, mask uint64) bool { *word |= mask; return true })
}

func (f *filter) has(of id) bool {
	return f.each(of, func(word *uint64, mask uint64) bool { return *word&mask != 0 })
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
