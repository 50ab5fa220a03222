package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// resumeWait bounds how long a partition that was paused waits for the fetch that is under way without it.
const resumeWait = 200 * time.Millisecond

// The client fetches again when all that it fetched before was taken. What handlers may still hold then must keep them
// busy until it comes, so that an answer must not be much larger than that: compressed records are a tenth of their size.
const (
	fetchPartition = 128 << 10
	fetchBroker    = 8 << 20
)

// groupSource reads as a member of a consumer group.
type groupSource struct {
	client  *kgo.Client
	suspect func(context.Context)
}

func (e *engine) open(ctx context.Context) (source, error) {
	if e.sub.broadcast {
		return e.openBroadcast(ctx)
	}
	topics := []string{string(retryTopic(e.sub.group))}
	if !e.sub.retriesOnly {
		for _, topic := range e.sub.topics() {
			topics = append(topics, string(topic))
		}
	}
	start := kgo.NewOffset().AtStart()
	if e.sub.start == Latest {
		start = kgo.NewOffset().AtEnd()
	}
	client, err := e.bus.config.client(
		kgo.ConsumerGroup(e.sub.member()),
		kgo.FetchMaxWait(resumeWait),
		kgo.FetchMaxPartitionBytes(fetchPartition),
		kgo.FetchMaxBytes(fetchBroker),
		kgo.ConsumeTopics(topics...),
		kgo.ConsumeStartOffset(start),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.KeepControlRecords(),       // what is committed includes the markers of transactions, so that lag ends at 0
		kgo.KeepRetryableFetchErrors(), // one of them would be asked again at once, without end
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.SessionTimeout(e.sub.session),
		kgo.HeartbeatInterval(e.sub.session/10),
		kgo.RebalanceTimeout(e.sub.drain+2*leaveTimeout),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, added map[string][]int32) { e.assign(added) }),
		kgo.OnPartitionsRevoked(func(ctx context.Context, _ *kgo.Client, gone map[string][]int32) { e.revoke(ctx, gone) }),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, gone map[string][]int32) { e.lose(gone) }),
	)
	if err != nil {
		return nil, err
	}
	return &groupSource{client: client, suspect: e.suspect}, nil
}

func (s *groupSource) poll(ctx context.Context, atOnce int) kgo.Fetches {
	fetches := s.client.PollRecords(ctx, atOnce)
	if suspects(fetches) {
		s.suspect(ctx)
	}
	return fetches
}

func (s *groupSource) release() { s.client.AllowRebalance() }

func (s *groupSource) pause(topic string, partition int32) {
	s.client.PauseFetchPartitions(map[string][]int32{topic: {partition}})
}

func (s *groupSource) resume(topic string, partition int32) {
	s.client.ResumeFetchPartitions(map[string][]int32{topic: {partition}})
}

func (s *groupSource) commit(ctx context.Context, offsets map[string]map[int32]kgo.EpochOffset) error {
	var failed error
	s.client.CommitOffsetsSync(ctx, offsets, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
		failed = err
		if err != nil {
			return
		}
		for _, topic := range resp.Topics {
			for _, partition := range topic.Partitions {
				if err := kerr.ErrorForCode(partition.ErrorCode); err != nil {
					failed = errors.Join(failed, fmt.Errorf("%s/%d: %w", topic.Topic, partition.Partition, err))
				}
			}
		}
	})
	return failed
}

func (s *groupSource) close(ctx context.Context) {
	s.client.AllowRebalance()
	_ = s.client.LeaveGroupContext(ctx) // a member that cannot say goodbye is missed by its heartbeats
	s.client.CloseAllowingRebalance()
	s.client.AllowRebalance() // a second leave, which Close begins while the first waits for a coordinator, may still wait for it
}

// broadcastSource reads every partition from its end, as no member of anything.
type broadcastSource struct {
	client *kgo.Client
	stop   []func()
}

func (e *engine) openBroadcast(ctx context.Context) (source, error) {
	offsets := make(map[string]map[int32]kgo.Offset)
	held := make(map[string][]int32)
	for _, topic := range e.sub.topics() {
		plan, err := e.bus.plan(ctx, &reading{topic: topic, start: e.sub.start})
		if err != nil {
			return nil, err
		}
		offsets[string(topic)] = plan.offsets
		for partition := range plan.offsets {
			held[string(topic)] = append(held[string(topic)], partition)
		}
	}
	client, err := e.bus.config.client(
		kgo.ConsumePartitions(offsets),
		kgo.FetchMaxWait(resumeWait),
		kgo.FetchMaxPartitionBytes(fetchPartition),
		kgo.FetchMaxBytes(fetchBroker),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)
	if err != nil {
		return nil, err
	}
	e.assign(held)
	s := &broadcastSource{client: client}
	for topic, partitions := range held {
		s.stop = append(s.stop, e.bus.watchGrowth(ctx, client, Topic(topic), len(partitions), func(grown int32) {
			e.assign(map[string][]int32{topic: {grown}})
		}))
	}
	return s, nil
}

func (s *broadcastSource) poll(ctx context.Context, atOnce int) kgo.Fetches {
	return s.client.PollRecords(ctx, atOnce)
}

func (*broadcastSource) release() {}

func (s *broadcastSource) pause(topic string, partition int32) {
	s.client.PauseFetchPartitions(map[string][]int32{topic: {partition}})
}

func (s *broadcastSource) resume(topic string, partition int32) {
	s.client.ResumeFetchPartitions(map[string][]int32{topic: {partition}})
}

func (*broadcastSource) commit(context.Context, map[string]map[int32]kgo.EpochOffset) error {
	return nil
}

func (s *broadcastSource) close(context.Context) {
	for _, stop := range s.stop {
		stop()
	}
	s.client.Close()
}
