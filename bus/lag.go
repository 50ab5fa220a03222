package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// GroupLag is how far a consumer group is behind the ends of its topics.
type GroupLag struct {
	Group      string
	State      string
	Members    int
	Partitions []PartitionLag
}

// PartitionLag is a group's place in one partition. For a [Shared] group Committed is the oldest event that is not
// accepted, and Lag counts those from there on that are not accepted, as far as the broker says. Committed is -1 where
// the group has never committed; Lag counts from the oldest record then. Member is empty while nobody reads the
// partition.
type PartitionLag struct {
	Topic     Topic
	Partition Partition
	Committed int64
	End       int64
	Lag       int64
	Member    string
}

// Total is the lag of all partitions.
func (l GroupLag) Total() int64 {
	var total int64
	for _, partition := range l.Partitions {
		total += partition.Lag
	}
	return total
}

// noGroup is what brokers before Kafka 4.0 call the state of a group that they do not know, instead of an error.
const noGroup = "Dead"

// Lag describes the named consumer groups, or all when none is named, sorted by name. A group that nobody has joined
// and that has committed nothing has the state "Dead" and no partitions.
func (b *Bus) Lag(ctx context.Context, groups ...string) ([]GroupLag, error) {
	if len(groups) == 0 {
		listed, err := b.admin.ListGroups(ctx)
		if err != nil {
			return nil, fmt.Errorf("bus: lag: %w", readError(err))
		}
		if groups = listed.Groups(); len(groups) == 0 {
			return nil, nil
		}
	}
	lags, groups, err := b.sharedLag(ctx, groups)
	if err != nil {
		return nil, fmt.Errorf("bus: lag: %w", err)
	}
	if len(groups) == 0 {
		return lags, nil
	}
	described, err := b.admin.Lag(ctx, groups...)
	if err != nil {
		return nil, fmt.Errorf("bus: lag: %w", readError(err))
	}
	var errs []error
	for _, group := range described.Sorted() {
		err := group.Error()
		if errors.Is(err, kerr.GroupIDNotFound) {
			lags = append(lags, GroupLag{Group: group.Group, State: noGroup})
			continue
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("bus: lag of %q: %w", group.Group, readError(err)))
			continue
		}
		lags = append(lags, groupLag(group))
	}
	slices.SortFunc(lags, func(a, b GroupLag) int { return cmp.Compare(a.Group, b.Group) })
	return lags, errors.Join(errs...)
}

func groupLag(described kadm.DescribedGroupLag) GroupLag {
	lag := GroupLag{Group: described.Group, State: described.State, Members: len(described.Members)}
	for _, partition := range described.Lag.Sorted() {
		one := PartitionLag{
			Topic: Topic(partition.Topic), Partition: Partition(partition.Partition),
			Committed: partition.Commit.At, End: partition.End.Offset, Lag: max(partition.Lag, 0),
		}
		if partition.Member != nil {
			one.Member = partition.Member.MemberID
		}
		lag.Partitions = append(lag.Partitions, one)
	}
	slices.SortFunc(lag.Partitions, func(a, b PartitionLag) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return lag
}
