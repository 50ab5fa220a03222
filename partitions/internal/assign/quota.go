package assign

import (
	"cmp"
	"slices"
)

// quotas shares out shards by weight, each member's number rounded down or up: up for the greatest remainders, and of
// equal ones for those that own so many already.
func quotas(shards int, weights, owned []int) []int {
	total := 0
	for _, weight := range weights {
		total += weight
	}
	quota := make([]int, len(weights))
	if total == 0 {
		return quota
	}
	order, spare := make([]int, len(weights)), shards
	for i, weight := range weights {
		order[i] = i
		quota[i] = shards * weight / total
		spare -= quota[i]
	}
	keeps := func(i int) int {
		if owned[i] > quota[i] {
			return 1
		}
		return 0
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(shards*weights[b]%total, shards*weights[a]%total), cmp.Compare(keeps(b), keeps(a)), cmp.Compare(a, b))
	})
	for _, i := range order[:spare] {
		quota[i]++
	}
	return quota
}
