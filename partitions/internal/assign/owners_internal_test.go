package assign

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// drawGroup draws nodes and who owned what until now.
func drawGroup(t *rapid.T, maxWeight int) (nodes []Node, current []int) {
	shards := rapid.IntRange(1, 60).Draw(t, "shards")
	count := rapid.IntRange(1, 9).Draw(t, "nodes")
	for i := range count {
		nodes = append(nodes, Node{
			ID: fmt.Sprint(i), Weight: rapid.IntRange(min(maxWeight-1, 1), maxWeight).Draw(t, "weight"),
			Warm: rapid.MapOfN(rapid.Int32Range(0, int32(shards)), rapid.Int64Range(0, 2*CaughtUp), 0, shards).Draw(t, "warm"),
		})
	}
	return nodes, rapid.SliceOfN(rapid.IntRange(None, count-1), shards, shards).Draw(t, "current")
}

func countOf(owners []int, nodes int) []int {
	counts := make([]int, nodes)
	for _, owner := range owners {
		if owner != None {
			counts[owner]++
		}
	}
	return counts
}

func TestFewestMoves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		weight := rapid.SampledFrom([]int{1, 4}).Draw(t, "greatest weight")
		nodes, current := drawGroup(t, weight)
		for i := range nodes {
			nodes[i].Weight = max(nodes[i].Weight, 1)
		}
		before, next := countOf(current, len(nodes)), owners(nodes, current)
		after, kept := countOf(next, len(nodes)), 0
		for shard, owner := range next {
			if owner == current[shard] {
				kept++
			}
		}
		most := 0
		for i := range nodes {
			most += min(before[i], after[i])
		}
		if kept != most {
			t.Fatalf("%d shards stayed, with these shares %d can", kept, most)
		}
		if weight > 1 {
			return
		}
		base, spare, most := len(current)/len(nodes), len(current)%len(nodes), 0
		for _, owned := range before { // of equal members any may have one more than the others
			most += min(owned, base)
			if owned > base && spare > 0 {
				most++
				spare--
			}
		}
		if kept != most {
			t.Fatalf("%d shards stayed, with the best shares %d can", kept, most)
		}
	})
}

func TestMovesGoToWarmCopies(t *testing.T) {
	t.Parallel()
	warm := func(node Node, shard int) bool {
		lag, ok := node.Warm[int32(shard)]
		return ok && lag <= CaughtUp
	}
	rapid.Check(t, func(t *rapid.T) {
		nodes, current := drawGroup(t, 3)
		next := owners(nodes, current)
		cold := map[int]int{} // by node a shard that it got without a caught-up copy
		for shard, owner := range next {
			if owner != None && owner != current[shard] && !warm(nodes[owner], shard) {
				cold[owner] = shard
			}
		}
		for shard, owner := range next {
			if owner == None || owner == current[shard] || warm(nodes[owner], shard) {
				continue
			}
			for i, node := range nodes {
				if other, ok := cold[i]; ok && warm(node, shard) {
					t.Fatalf("shard %d went to node %d without a copy, while node %d, which has one, got shard %d", shard, owner, i, other)
				}
			}
		}
	})
}

func TestMovesPreferAnyCopy(t *testing.T) {
	t.Parallel()
	nodes := []Node{{ID: "a", Weight: 1}, {ID: "b", Weight: 1, Warm: map[int32]int64{1: 1 << 30}}, {ID: "c", Weight: 1, Warm: map[int32]int64{0: 5}}}
	if got := owners(nodes, []int{None, None, None}); got[0] != 2 || got[1] != 1 || got[2] != 0 {
		t.Fatalf("owners %v", got)
	}
}
