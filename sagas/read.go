package sagas

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// Range iterates over the sagas of the context's tenant in a shard, as a transaction or a view sees it: first those that live and
// then those that have ended, each by their ids, in the statuses given or in all. What they have done is left out: see
// [Handle.Describe]. Those of all shards are read by [Inspect].
func (f *Flow[In, Out]) Range(ctx context.Context, r partitions.Reader, statuses ...Status) iter.Seq[Description] {
	prefix := rowKey(request.From(ctx).Tenant, "")
	wanted := func(key string, h head, yield func(Description) bool) bool {
		return len(statuses) > 0 && !slices.Contains(statuses, h.Status) || yield(described(key, h, nil))
	}
	return func(yield func(Description) bool) {
		for key, h := range f.rows.Range(r, prefix) {
			if !strings.HasPrefix(key, prefix) {
				break
			}
			if !wanted(key, h, yield) {
				return
			}
		}
		for key, past := range f.core.ended.Range(r, prefix) {
			if !strings.HasPrefix(key, prefix) || !wanted(key, past.Head, yield) {
				return
			}
		}
	}
}
