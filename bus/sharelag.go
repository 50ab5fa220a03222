package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
)

// sharedLag describes those of the groups that are share groups, and returns the names of the others.
func (b *Bus) sharedLag(ctx context.Context, groups []string) (lags []GroupLag, others []string, err error) {
	if b.hasShareGroups(ctx) != nil {
		return nil, groups, nil //nolint:nilerr // then none of them is a share group
	}
	listed, err := b.admin.ListGroupsByType(ctx, []string{"share"})
	if err != nil {
		return nil, nil, readError(err)
	}
	var shared []string
	for _, group := range groups {
		if _, ok := listed[group]; ok {
			shared = append(shared, group)
		} else {
			others = append(others, group)
		}
	}
	if len(shared) == 0 {
		return nil, others, nil
	}
	described, errDescribed := b.admin.DescribeShareGroups(ctx, shared...)
	offsets, errOffsets := b.admin.DescribeShareGroupOffsets(ctx, shared...)
	if err := cmp.Or(errDescribed, errOffsets); err != nil {
		return nil, nil, readError(err)
	}
	var errs []error
	for _, group := range offsets.Sorted() {
		if err := cmp.Or(group.Err, group.Offsets.Error(), described[group.Group].Err); err != nil {
			errs = append(errs, fmt.Errorf("lag of %q: %w", group.Group, readError(err)))
			continue
		}
		lag, err := b.shareLag(ctx, described[group.Group], group.Offsets)
		lags, errs = append(lags, lag), append(errs, err)
	}
	return lags, others, errors.Join(errs...)
}

func (b *Bus) shareLag(ctx context.Context, group kadm.DescribedShareGroup, offsets kadm.ShareOffsets) (GroupLag, error) {
	lag := GroupLag{Group: group.GroupID, State: group.GroupState, Members: len(group.Members)}
	topics := make([]string, 0, len(offsets))
	for topic := range offsets {
		topics = append(topics, topic)
	}
	if len(topics) == 0 {
		return lag, nil
	}
	starts, errStart := b.admin.ListStartOffsets(ctx, topics...)
	ends, errEnd := b.admin.ListCommittedOffsets(ctx, topics...)
	if err := cmp.Or(errStart, errEnd, starts.Error(), ends.Error()); err != nil {
		return lag, fmt.Errorf("lag of %q: %w", group.GroupID, readError(err))
	}
	offsets.Each(func(o kadm.ShareOffset) {
		start, _ := starts.Lookup(o.Topic, o.Partition)
		end, _ := ends.Lookup(o.Topic, o.Partition)
		open := o.Lag
		if open < 0 {
			open = max(0, end.Offset-max(start.Offset, o.StartOffset))
		}
		lag.Partitions = append(lag.Partitions, PartitionLag{
			Topic: Topic(o.Topic), Partition: Partition(o.Partition), Committed: o.StartOffset, End: end.Offset, Lag: open,
		})
	})
	slices.SortFunc(lag.Partitions, func(a, b PartitionLag) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return lag, nil
}
