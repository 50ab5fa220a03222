package topics

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const look = 10 * time.Millisecond

// Read calls handle with every record of the topic that the isolation level shows, when no transaction is open in it any more.
func Read(ctx context.Context, brokers []string, topic string, level kgo.IsolationLevel, handle func(*kgo.Record) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	reader, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.FetchIsolationLevel(level), kgo.KeepControlRecords())
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	defer reader.Close()
	ends, err := settled(ctx, kadm.NewClient(reader), topic)
	if err != nil {
		return err
	}
	left, from := map[int32]int64{}, map[int32]kgo.Offset{}
	ends.Each(func(end kadm.ListedOffset) {
		if end.Offset > 0 {
			left[end.Partition], from[end.Partition] = end.Offset, kgo.NewOffset().At(0)
		}
	})
	reader.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic: from})
	for len(left) > 0 {
		fetches := reader.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err //nolint:wrapcheck // a bench
		}
		for _, r := range fetches.Records() {
			if !r.Attrs.IsControl() {
				if err := handle(r); err != nil {
					return err
				}
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		}
	}
	return nil
}

// settled waits until all that the topic holds is committed or aborted, and returns where its partitions end.
func settled(ctx context.Context, admin *kadm.Client, topic string) (kadm.ListedOffsets, error) {
	for {
		stable, err := admin.ListCommittedOffsets(ctx, topic)
		if err != nil {
			return nil, err //nolint:wrapcheck // a bench
		}
		ends, err := admin.ListEndOffsets(ctx, topic)
		if err != nil {
			return nil, err //nolint:wrapcheck // a bench
		}
		open := false
		ends.Each(func(end kadm.ListedOffset) {
			at, ok := stable.Lookup(topic, end.Partition)
			open = open || !ok || at.Offset != end.Offset
		})
		if !open {
			return ends, ends.Error() //nolint:wrapcheck // a bench
		}
		select {
		case <-time.After(look):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Committed is how many records of a topic without transactions the group has committed.
func Committed(ctx context.Context, admin *kadm.Client, group, topic string) (records int, err error) {
	offsets, err := admin.FetchOffsets(ctx, group)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) && !kerr.IsRetriable(err) { // the group is on its way
		return 0, err //nolint:wrapcheck // a bench
	}
	for _, o := range offsets[topic] {
		records += int(max(0, o.At))
	}
	return records, nil
}

// Remove removes the topics whose names begin so.
func Remove(ctx context.Context, admin *kadm.Client, prefix string) error {
	all, err := admin.ListTopics(ctx)
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	var gone []string
	for _, topic := range all.Names() {
		if strings.HasPrefix(topic, prefix) {
			gone = append(gone, topic)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	deleted, err := admin.DeleteTopics(ctx, gone...)
	for _, one := range deleted {
		if !errors.Is(one.Err, kerr.UnknownTopicOrPartition) { // the list may be some seconds old
			err = errors.Join(err, one.Err)
		}
	}
	return err
}
