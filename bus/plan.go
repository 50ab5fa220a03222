package bus

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// readPlan is where one read begins in each partition, and where it ends if it does.
type readPlan struct {
	offsets map[int32]kgo.Offset
	ends    map[int32]int64
}

func (b *Bus) plan(ctx context.Context, r *reading) (*readPlan, error) {
	starts, err := b.bounds(ctx, r.topic, b.admin.ListStartOffsets)
	if err != nil {
		return nil, err
	}
	stable, err := b.bounds(ctx, r.topic, b.admin.ListCommittedOffsets)
	if err != nil {
		return nil, err
	}
	// The end lies behind transactions that are not decided yet, so that a read sees what was committed before it.
	ends, err := b.bounds(ctx, r.topic, b.admin.ListEndOffsets)
	if err != nil {
		return nil, err
	}
	since := starts
	if !r.since.IsZero() {
		since, err = b.bounds(ctx, r.topic, func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
			return b.admin.ListOffsetsAfterMilli(ctx, r.since.UnixMilli(), topics...)
		})
		if err != nil {
			return nil, err
		}
	}
	plan := &readPlan{offsets: make(map[int32]kgo.Offset, len(starts))}
	if r.untilEnd {
		plan.ends = make(map[int32]int64, len(starts))
	}
	for partition, start := range starts {
		if r.only != nil && !slices.Contains(r.only, Partition(partition)) {
			continue
		}
		at := since[partition]
		if offset, ok := r.from[Partition(partition)]; ok {
			at = offset
		} else if r.start == Latest && r.since.IsZero() {
			at = stable[partition]
		}
		if at < start || at > ends[partition] {
			return nil, fmt.Errorf("%w: partition %d has %d to %d, asked for %d", ErrOffset, partition, start, ends[partition], at)
		}
		plan.offsets[partition] = kgo.NewOffset().At(at)
		if r.untilEnd && at < ends[partition] {
			plan.ends[partition] = ends[partition]
		}
	}
	if len(plan.offsets) == 0 {
		return nil, fmt.Errorf("none of the partitions %v exist; the topic has %d", r.only, len(starts))
	}
	return plan, nil
}

type listOffsets func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error)

// bounds lists one offset for each partition of a topic.
func (b *Bus) bounds(ctx context.Context, topic Topic, list listOffsets) (map[int32]int64, error) {
	listed, err := settle(ctx, missingLimit, func(ctx context.Context) (kadm.ListedOffsets, error) {
		listed, err := list(ctx, string(topic))
		return listed, cmp.Or(err, listed.Error())
	})
	if err != nil {
		return nil, readError(err)
	}
	partitions := listed[string(topic)]
	if len(partitions) == 0 {
		return nil, ErrNoTopic
	}
	bounds := make(map[int32]int64, len(partitions))
	for partition, offset := range partitions {
		bounds[partition] = offset.Offset
	}
	return bounds, nil
}

// beyond says whether a record lies behind the end, and notes an end that was reached.
func (p *readPlan) beyond(r *kgo.Record) bool {
	if p.ends == nil {
		return false
	}
	end, open := p.ends[r.Partition]
	if open && r.Offset >= end-1 {
		delete(p.ends, r.Partition)
	}
	return !open || r.Offset >= end
}

func (p *readPlan) done() bool { return p.ends != nil && len(p.ends) == 0 }
