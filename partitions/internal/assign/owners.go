package assign

import (
	"cmp"
	"math"
	"slices"
)

// deal finds the next owners of shards.
type deal struct {
	nodes   []Node
	current []int // for each shard its owner until now, or None
	next    []int // for each shard that moves its new owner
	room    []int // for each node how many more it may get
	surplus []int // for each node how many it must still give up
	copies  [][]localCopy
	taken   [][]int // for each node what it got in the running match
}

type localCopy struct {
	node int
	lag  int64
}

// owners returns for each shard its new owner. Members keep what they own up to their quota. What moves goes to caught-up
// copies, as much of it as can, then to other copies, then wherever there is room.
func owners(nodes []Node, current []int) []int {
	d := newDeal(nodes, current)
	for _, lag := range []int64{CaughtUp, math.MaxInt64} {
		d.match(lag)
	}
	d.fill()
	result := slices.Clone(d.current)
	for shard, node := range d.next {
		if node != None {
			result[shard] = node
		}
	}
	return result
}

func newDeal(nodes []Node, current []int) *deal {
	d := &deal{
		nodes: nodes, current: slices.Clone(current), next: slices.Repeat([]int{None}, len(current)),
		room: make([]int, len(nodes)), surplus: make([]int, len(nodes)), copies: make([][]localCopy, len(current)),
	}
	weights, owned := make([]int, len(nodes)), make([]int, len(nodes))
	for shard, owner := range current {
		switch {
		case owner == None:
		case nodes[owner].Weight == 0:
			d.current[shard] = None
		default:
			owned[owner]++
		}
	}
	for i, node := range nodes {
		weights[i] = node.Weight
		for shard, lag := range node.Warm {
			if int(shard) < len(current) && node.Weight > 0 {
				d.copies[shard] = append(d.copies[shard], localCopy{i, lag})
			}
		}
	}
	for _, copies := range d.copies {
		slices.SortFunc(copies, func(a, b localCopy) int {
			return cmp.Or(cmp.Compare(magnitude(a.lag), magnitude(b.lag)), cmp.Compare(a.node, b.node))
		})
	}
	for i, quota := range quotas(len(current), weights, owned) {
		d.room[i], d.surplus[i] = max(quota-owned[i], 0), max(owned[i]-quota, 0)
	}
	return d
}

// match moves shards to nodes whose copies lack at most lag records: first the shards without an owner, then those of
// nodes that own too many.
func (d *deal) match(lag int64) {
	d.taken = make([][]int, len(d.nodes))
	for shard, owner := range d.current {
		if owner == None && d.next[shard] == None {
			d.place(shard, lag, make([]bool, len(d.nodes)))
		}
	}
	for shard, owner := range d.current {
		if owner != None && d.next[shard] == None && d.surplus[owner] > 0 && d.place(shard, lag, make([]bool, len(d.nodes))) {
			d.surplus[owner]--
		}
	}
}

// place gives a shard to a node with a copy and room, or with a shard that can be placed elsewhere (an augmenting path).
func (d *deal) place(shard int, lag int64, seen []bool) bool {
	for _, c := range d.copies[shard] {
		if c.lag > lag || seen[c.node] {
			continue
		}
		seen[c.node] = true
		if d.room[c.node] > 0 {
			d.room[c.node]--
			d.taken[c.node] = append(d.taken[c.node], shard)
			d.next[shard] = c.node
			return true
		}
		for i, other := range d.taken[c.node] {
			if d.place(other, lag, seen) {
				d.taken[c.node][i] = shard
				d.next[shard] = c.node
				return true
			}
		}
	}
	return false
}

// fill gives what is left to those with most room for their weight.
func (d *deal) fill() {
	for shard, owner := range slices.Backward(d.current) {
		if owner != None && d.next[shard] == None && d.surplus[owner] > 0 {
			d.surplus[owner]--
			d.current[shard] = None
		}
	}
	for shard, owner := range d.current {
		if owner != None || d.next[shard] != None {
			continue
		}
		best := None
		for i, room := range d.room {
			if room > 0 && (best == None || room*d.nodes[best].Weight > d.room[best]*d.nodes[i].Weight) {
				best = i
			}
		}
		if best == None {
			return // nobody has a weight
		}
		d.room[best]--
		d.next[shard] = best
	}
}
