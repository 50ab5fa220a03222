package machines

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// Get reads an instance of the context's tenant, as a transaction or a view of its shard sees it.
func (m *Machine[S, E, D]) Get(ctx context.Context, r partitions.Reader, id string) (Instance[S, D], bool) {
	key := rowKey(request.From(ctx).Tenant, id)
	stored, found := m.rows.Get(r, key)
	return instanceOf(key, stored), found
}

// Range iterates over the instances of the context's tenant in a shard, by their ids, in the states given or in all.
func (m *Machine[S, E, D]) Range(ctx context.Context, r partitions.Reader, states ...S) iter.Seq[Instance[S, D]] {
	return func(yield func(Instance[S, D]) bool) {
		prefix := rowKey(request.From(ctx).Tenant, "")
		for key, stored := range m.rows.Range(r, prefix) {
			if !strings.HasPrefix(key, prefix) {
				return
			}
			if (len(states) == 0 || slices.Contains(states, stored.State)) && !yield(instanceOf(key, stored)) {
				return
			}
		}
	}
}
