package assign

import (
	"cmp"
	"slices"
)

// standing is how well a node suits as a standby of a shard; less is better, the first difference decides.
type standing struct {
	crowded  bool // it has twice its share, and zones are no reason for more
	zone     int  // how many of the shard's owner and standbys are in its zone
	rack     int
	full     bool // it has its share
	cold     int  // 0 with a caught-up copy, 1 with another, 2 without
	load     int  // standbys it has
	weight   int
	position int
}

func (s standing) compare(other standing) int {
	return cmp.Or(
		rank(s.crowded, other.crowded), cmp.Compare(s.zone, other.zone), cmp.Compare(s.rack, other.rack), rank(s.full, other.full),
		cmp.Compare(s.cold, other.cold), cmp.Compare(s.load*other.weight, other.load*s.weight), cmp.Compare(s.position, other.position),
	)
}

func rank(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// standbys chooses for each shard n nodes to keep a copy: apart from its owner and each other by zone, then by rack, then
// those that have a copy already, everyone by weight. Holders are who owned shards until now; their copies are complete.
func standbys(n int, nodes []Node, owners, holders []int) [][]int {
	chosen := make([][]int, len(owners))
	total := 0
	for _, node := range nodes {
		total += node.Weight
	}
	load := make([]int, len(nodes))
	for shard, owner := range owners {
		if owner == None {
			continue
		}
		for range n {
			best, at := standing{}, None
			for i, node := range nodes {
				if node.Weight == 0 || taken(nodes, owner, i) || slices.ContainsFunc(chosen[shard], func(j int) bool { return taken(nodes, j, i) }) {
					continue
				}
				share := (len(owners)*n*node.Weight + total - 1) / total
				s := standing{
					crowded: load[i] >= 2*share, full: load[i] >= share, load: load[i], weight: node.Weight, position: i,
					cold: coldness(node, shard, holders[shard] == i),
				}
				s.zone, s.rack = neighbours(nodes, node, append(chosen[shard], owner)...)
				if at == None || s.compare(best) < 0 {
					best, at = s, i
				}
			}
			if at == None {
				break
			}
			load[at]++
			chosen[shard] = append(chosen[shard], at)
		}
	}
	return chosen
}

// taken tells whether two members are the same process, one of them perhaps from before it was restarted.
func taken(nodes []Node, a, b int) bool { return nodes[a].ID == nodes[b].ID }

func neighbours(nodes []Node, node Node, others ...int) (zone, rack int) {
	for _, other := range others {
		if nodes[other].Zone == node.Zone {
			zone++
			if nodes[other].Rack == node.Rack {
				rack++
			}
		}
	}
	return zone, rack
}

func coldness(node Node, shard int, held bool) int {
	lag, ok := node.Warm[int32(shard)] //nolint:gosec // a plan has at most maxShards
	switch {
	case held, ok && lag <= CaughtUp:
		return 0
	case ok:
		return 1
	default:
		return 2
	}
}
