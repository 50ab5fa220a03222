package assign

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// Sections of a node; a member within a plan has the same ones.
const (
	nodeID = iota + 1
	nodeAddress
	nodeRack
	nodeZone
	nodeWeight
	nodeWarm
	nodeMember
)

// announce encodes what a node says about itself; the same node gives the same bytes.
func announce(n Node) []byte { return seal(kindNode, appendNode(nil, n)) }

func appendNode(body []byte, n Node) []byte {
	for i, text := range []string{n.ID, n.Address, n.Rack, n.Zone} {
		if text != "" {
			body = section(body, uint64(nodeID+i), []byte(text))
		}
	}
	body = section(body, nodeWeight, binary.AppendUvarint(nil, uint64(n.Weight))) //nolint:gosec // was checked
	if len(n.Warm) == 0 {
		return body
	}
	warm := binary.AppendUvarint(nil, uint64(len(n.Warm)))
	var before int32
	for _, shard := range slices.Sorted(maps.Keys(n.Warm)) {
		warm = binary.AppendUvarint(warm, uint64(shard-before)) //nolint:gosec // sorted
		warm = append(warm, magnitude(n.Warm[shard]))
		before = shard
	}
	return section(body, nodeWarm, warm)
}

// heed decodes what a node said about itself.
func heed(userData []byte) (Node, error) {
	body, err := unseal(kindNode, userData)
	if err != nil {
		return Node{}, err
	}
	r := &reader{rest: body}
	member := readMember(r)
	if r.err == nil {
		if err := member.Node.check(); err != nil {
			return Node{}, fmt.Errorf("%w: %w", ErrForeign, err)
		}
	}
	return member.Node, r.err
}

func readMember(r *reader) (m Member) {
	r.sections(func(tag int, content *reader) {
		switch tag {
		case nodeID:
			m.ID = content.text(maxName)
		case nodeAddress:
			m.Address = content.text(maxAddress)
		case nodeRack:
			m.Rack = content.text(maxName)
		case nodeZone:
			m.Zone = content.text(maxName)
		case nodeWeight:
			m.Weight = content.number(maxWeight)
		case nodeWarm:
			m.Warm = readWarm(content)
		case nodeMember:
			m.MemberID = content.text(maxAddress)
		default: // of a newer version
		}
	})
	return m
}

func readWarm(r *reader) map[int32]int64 {
	n := r.count(maxShards)
	warm := make(map[int32]int64, n)
	shard := 0
	for range n {
		shard += r.number(maxShards - 1)
		digits := r.octet()
		if digits > 63 || shard >= maxShards {
			r.fail("a shard or lag out of range")
		}
		if r.err != nil {
			return nil
		}
		warm[int32(shard)] = atMost(digits) //nolint:gosec // was checked
	}
	return warm
}
