package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// TopicInfo is what the cluster says of one topic. ID is new when a topic is deleted and made again.
type TopicInfo struct {
	Name       Topic
	ID         string
	Internal   bool
	Partitions []PartitionInfo
}

// PartitionInfo is one partition: Start is the oldest offset kept, End the next one that a committed reader will see
// written. Leader is -1 while there is none.
type PartitionInfo struct {
	Partition Partition
	Start     int64
	End       int64
	Leader    int32
	Replicas  int
	InSync    int
}

// TopicSpec is a topic to create. Zero partitions or replicas mean the cluster's defaults.
type TopicSpec struct {
	Name       Topic
	Partitions int
	Replicas   int
	Configs    map[string]string
}

// Topics describes the named topics, or all that are not Kafka's own when none is named, sorted by name.
// A named topic that does not exist gives an error that matches [ErrNoTopic].
func (b *Bus) Topics(ctx context.Context, names ...Topic) ([]TopicInfo, error) {
	return b.topics(ctx, missingLimit, names...)
}

func (b *Bus) topics(ctx context.Context, patience time.Duration, names ...Topic) ([]TopicInfo, error) {
	wanted := make([]string, len(names))
	for i, name := range names {
		wanted[i] = string(name)
	}
	infos, err := settle(ctx, patience, func(ctx context.Context) ([]TopicInfo, error) { return b.describe(ctx, wanted) })
	if err != nil {
		return nil, fmt.Errorf("bus: topics: %w", b.config.reach.explain(readError(err)))
	}
	return infos, nil
}

func (b *Bus) describe(ctx context.Context, wanted []string) ([]TopicInfo, error) {
	details, err := b.admin.ListTopics(ctx, wanted...)
	if err == nil {
		err = details.Error()
	}
	if err != nil || len(details) == 0 {
		return nil, err //nolint:wrapcheck // wrapped by Topics
	}
	starts, errStart := b.admin.ListStartOffsets(ctx, details.Names()...)
	ends, errEnd := b.admin.ListCommittedOffsets(ctx, details.Names()...)
	if err := cmp.Or(errStart, errEnd, starts.Error(), ends.Error()); err != nil {
		return nil, err //nolint:wrapcheck // wrapped by Topics
	}
	infos := make([]TopicInfo, 0, len(details))
	for _, detail := range details.Sorted() {
		infos = append(infos, topicInfo(detail, starts, ends))
	}
	return infos, nil
}

func topicInfo(detail kadm.TopicDetail, starts, ends kadm.ListedOffsets) TopicInfo {
	info := TopicInfo{Name: Topic(detail.Topic), ID: detail.ID.String(), Internal: detail.IsInternal}
	for number, partition := range detail.Partitions {
		start, _ := starts.Lookup(detail.Topic, number)
		end, _ := ends.Lookup(detail.Topic, number)
		info.Partitions = append(info.Partitions, PartitionInfo{
			Partition: Partition(number), Start: start.Offset, End: end.Offset, Leader: partition.Leader,
			Replicas: len(partition.Replicas), InSync: len(partition.ISR),
		})
	}
	slices.SortFunc(info.Partitions, func(a, b PartitionInfo) int { return cmp.Compare(a.Partition, b.Partition) })
	return info
}

// Create makes the topics that do not exist yet and leaves the others as they are. It returns once they can be used.
func (b *Bus) Create(ctx context.Context, specs ...TopicSpec) error {
	names, err := b.create(ctx, specs)
	if len(names) > 0 {
		_, errUse := b.topics(ctx, settleLimit, names...)
		err = errors.Join(err, errUse)
	}
	return err
}

// create does not wait until the topics can be used. It returns those that exist.
func (b *Bus) create(ctx context.Context, specs []TopicSpec) (exist []Topic, err error) {
	var errs []error
	for _, spec := range specs {
		if err := spec.check(); err != nil {
			errs = append(errs, err)
			continue
		}
		configs := make(map[string]*string, len(spec.Configs))
		for key, value := range spec.Configs {
			configs[key] = &value
		}
		_, err := b.admin.CreateTopic(ctx, orDefault[int32](spec.Partitions), orDefault[int16](spec.Replicas), configs, string(spec.Name))
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			errs = append(errs, fmt.Errorf("bus: create topic %s: %w", spec.Name, b.config.reach.explain(readError(err))))
			continue
		}
		exist = append(exist, spec.Name)
	}
	return exist, errors.Join(errs...)
}

func (s TopicSpec) check() error {
	if !s.Name.valid() {
		return fmt.Errorf("%w: %q", ErrTopicName, s.Name)
	}
	if s.Partitions < 0 || s.Partitions > math.MaxInt32 || s.Replicas < 0 || s.Replicas > math.MaxInt16 {
		return fmt.Errorf("bus: create topic %s: partitions must be 0 to %d and replicas 0 to %d", s.Name, math.MaxInt32, math.MaxInt16)
	}
	return nil
}

// orDefault is what CreateTopics calls the cluster's default (KIP-464).
func orDefault[N int16 | int32](n int) N {
	if n == 0 {
		return -1
	}
	return N(n)
}
