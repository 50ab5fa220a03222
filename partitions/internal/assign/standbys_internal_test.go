package assign

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestStandbysKeepApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes, current := drawGroup(t, 3)
		n := rapid.IntRange(0, 4).Draw(t, "standbys")
		processes := map[string]bool{}
		for i := range nodes {
			nodes[i].ID = rapid.StringMatching("[a-f]").Draw(t, "id") // one process may be in the group twice
			if nodes[i].Weight > 0 {
				processes[nodes[i].ID] = true
			}
		}
		next := owners(nodes, current)
		for shard, chosen := range standbys(n, nodes, next, current) {
			if next[shard] == None {
				continue
			}
			on := []string{nodes[next[shard]].ID}
			for _, i := range chosen {
				if slices.Contains(on, nodes[i].ID) || nodes[i].Weight == 0 {
					t.Fatalf("shard %d of %v has a standby on %+v", shard, on, nodes[i])
				}
				on = append(on, nodes[i].ID)
			}
			if want := min(n, len(processes)-1); len(chosen) != want {
				t.Fatalf("shard %d has %d standbys, want %d", shard, len(chosen), want)
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) { // three zones alike, each with two racks
		var nodes []Node
		racks := rapid.IntRange(1, 3).Draw(t, "nodes a rack")
		for i := range 6 * racks {
			nodes = append(nodes, Node{ID: fmt.Sprint(i), Weight: 1, Zone: fmt.Sprint(i % 3), Rack: fmt.Sprint(i % 2)})
		}
		current := rapid.SliceOfN(rapid.IntRange(None, len(nodes)-1), 48, 48).Draw(t, "current")
		n := rapid.IntRange(1, 3).Draw(t, "standbys")
		next := owners(nodes, current)
		load := make([]int, len(nodes))
		for shard, chosen := range standbys(n, nodes, next, current) {
			zones, places := map[string]bool{}, map[string]bool{}
			for _, i := range append(chosen, next[shard]) {
				zones[nodes[i].Zone] = true
				places[nodes[i].Zone+"/"+nodes[i].Rack] = true
			}
			for _, i := range chosen {
				load[i]++
			}
			if len(zones) != min(n+1, 3) || len(places) != n+1 {
				t.Fatalf("shard %d on %d and %v is in zones %v and racks %v", shard, next[shard], chosen, zones, places)
			}
		}
		for i, has := range load {
			if share := (48*n + len(nodes) - 1) / len(nodes); has > 2*share {
				t.Fatalf("node %d has %d standbys, its share is %d", i, has, share)
			}
		}
	})
}

func TestStandbysStayWhereTheyAreWarm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes, current := drawGroup(t, 1)
		for i := range nodes {
			nodes[i].Weight, nodes[i].Warm = 1, nil
		}
		next := owners(nodes, current)
		first := standbys(1, nodes, next, current)
		for shard, chosen := range first {
			for _, i := range chosen {
				if nodes[i].Warm == nil {
					nodes[i].Warm = map[int32]int64{}
				}
				nodes[i].Warm[int32(shard)] = 7
			}
		}
		for shard, chosen := range standbys(1, nodes, next, next) {
			if !slices.Equal(chosen, first[shard]) {
				t.Fatalf("the standbys of shard %d went from %v to %v", shard, first[shard], chosen)
			}
		}
	})
}
