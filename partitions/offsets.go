package partitions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
)

// committed is what the group has committed for one partition; offset is -1 where it has nothing.
type committed struct {
	shard    *shard
	topic    string
	offset   int64
	metadata string
}

const (
	// pendingWait is how long an offset that is part of an open transaction is waited for before it is asked again.
	pendingWait = 25 * time.Millisecond
	// pendingTold is after which time that is told, and told again: brokers should have ended the transaction.
	pendingTold = 3 * transactionTimeout
)

// fetchOffsets asks for the committed offsets of the shards. With stable it waits until no transaction holds one open.
//
// The member's own client asks: it knows the coordinator that has let this node into the group, and what was committed
// before that is known there. A broker that stood still, and does not know yet that it is the coordinator no more, may
// answer others.
func (e *engine) fetchOffsets(ctx context.Context, stable bool, shards []*shard) ([]committed, error) {
	byID := make(map[int32]*shard, len(shards))
	for _, s := range shards {
		byID[s.id] = s
	}
	for told := time.Now(); ; wait(ctx, pendingWait) {
		fetched, err := e.askOffsets(ctx, stable, byID)
		pending := errors.Is(err, kerr.UnstableOffsetCommit)
		switch {
		case err == nil, ctx.Err() != nil:
			return fetched, err
		case !kerr.IsRetriable(err) && !pending:
			return nil, err
		case pending && time.Since(told) >= pendingTold:
			told = time.Now()
			e.logger.WarnContext(ctx, "partitions: shards wait for a transaction that brokers do not end; see kafka-transactions.sh find-hanging",
				"group", e.config.name, "node", e.config.node, "error", err)
		}
	}
}

func (e *engine) askOffsets(ctx context.Context, stable bool, shards map[int32]*shard) ([]committed, error) {
	request := kmsg.NewPtrOffsetFetchRequest()
	request.RequireStable = stable
	group := kmsg.NewOffsetFetchRequestGroup()
	group.Group = e.config.name
	names := make(map[[16]byte]string, len(e.inputs))
	for _, name := range e.inputs {
		topic := kmsg.NewOffsetFetchRequestGroupTopic()
		topic.Topic, topic.TopicID = name, e.ids[name]
		names[topic.TopicID] = name
		for id := range shards {
			topic.Partitions = append(topic.Partitions, id)
		}
		group.Topics = append(group.Topics, topic)
	}
	request.Groups = append(request.Groups, group)
	response, err := request.RequestWith(ctx, e.joined.Load())
	if err != nil {
		return nil, fmt.Errorf("fetch offsets: %w", err)
	}
	if len(response.Groups) != 1 {
		return nil, fmt.Errorf("fetch offsets: the broker answers for %d groups instead of one", len(response.Groups))
	}
	answer := response.Groups[0]
	if err := kerr.ErrorForCode(answer.ErrorCode); err != nil {
		return nil, fmt.Errorf("fetch offsets: %w", err)
	}
	var fetched []committed
	for _, topic := range answer.Topics {
		name := topic.Topic
		if name == "" {
			name = names[topic.TopicID]
		}
		for _, p := range topic.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return nil, fmt.Errorf("fetch offset of %s/%d: %w", name, p.Partition, err)
			}
			c := committed{shard: shards[p.Partition], topic: name, offset: p.Offset}
			if p.Metadata != nil {
				c.metadata = *p.Metadata
			}
			fetched = append(fetched, c)
		}
	}
	if want := len(e.inputs) * len(shards); len(fetched) != want {
		return nil, fmt.Errorf("fetch offsets: the broker answers for %d of %d partitions: %w", len(fetched), want, kerr.UnstableOffsetCommit)
	}
	return fetched, nil
}

// starts are the offsets at which a group without commits begins, by topic and partition; nothing is asked when all are known.
func (e *engine) starts(ctx context.Context, fetched []committed) (map[string]map[int32]int64, error) {
	starts := make(map[string]map[int32]int64)
	for _, c := range fetched {
		if c.offset < 0 && starts[c.topic] == nil {
			list := e.admin.ListStartOffsets
			if e.config.start == bus.Latest {
				list = e.admin.ListEndOffsets
			}
			listed, err := list(ctx, c.topic)
			if err == nil {
				err = listed.Error()
			}
			if err != nil {
				return nil, fmt.Errorf("where %s begins: %w", c.topic, err)
			}
			starts[c.topic] = make(map[int32]int64)
			listed.Each(func(o kadm.ListedOffset) { starts[c.topic][o.Partition] = o.Offset })
		}
	}
	return starts, nil
}
