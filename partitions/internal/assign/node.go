package assign

import (
	"fmt"
	"maps"
	"math/bits"
	"unicode/utf8"
)

// Limits of what a node may say about itself; an address may be as long as a member id, the other texts as maxName bytes.
const (
	maxName    = 255
	maxAddress = 1024
	maxWeight  = 1024
)

// CaughtUp is how many changelog records a local copy may lack and still be preferred as the next owner.
const CaughtUp = 1<<13 - 1

// Node is what a member says about itself when it joins.
type Node struct {
	ID      string // names the process; required, at most 255 bytes
	Address string // host:port where other nodes reach it, at most 1,024 bytes
	Rack    string // at most 255 bytes
	Zone    string // at most 255 bytes
	Weight  int    // share of the shards relative to other nodes, 0 to 1,024; at 0 it owns nothing and sees every plan

	// Warm holds, for each shard of which the node has a local copy, how many changelog records the copy is behind.
	// Others see a lag rounded up to one less than a power of two, so that a lag that moves a little does not change
	// what the node says.
	Warm map[int32]int64
}

// Member is a node as a member of the group. Its Warm is only filled in by [Describe].
type Member struct {
	Node

	MemberID string // as the group's coordinator named it
}

func (n Node) check() error {
	for _, text := range []struct {
		name, value string
		limit       int
	}{{"id", n.ID, maxName}, {"address", n.Address, maxAddress}, {"rack", n.Rack, maxName}, {"zone", n.Zone, maxName}} {
		if len(text.value) > text.limit || !utf8.ValidString(text.value) {
			return fmt.Errorf("the node's %s must be UTF-8 of at most %d bytes", text.name, text.limit)
		}
	}
	if n.ID == "" {
		return fmt.Errorf("the node has no id")
	}
	if n.Weight < 0 || n.Weight > maxWeight {
		return fmt.Errorf("the node's weight is %d, want 0 to %d", n.Weight, maxWeight)
	}
	for shard := range maps.Keys(n.Warm) {
		if shard < 0 || shard >= maxShards {
			return fmt.Errorf("the node has a copy of shard %d, want 0 to %d", shard, maxShards-1)
		}
	}
	return nil
}

// magnitude is the number of binary digits of a lag, which is all of it that is sent.
func magnitude(lag int64) byte { return byte(bits.Len64(uint64(max(lag, 0)))) } //nolint:gosec // 63 at most

// atMost is the greatest lag of a magnitude.
func atMost(magnitude byte) int64 { return 1<<magnitude - 1 }
