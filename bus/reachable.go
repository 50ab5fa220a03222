package bus

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/sync/errgroup"
)

// reachLimit is how long a new subscription may be without a broker that it cannot do without.
const reachLimit = 30 * time.Second

// consumeReachable consumes, and ends with an error where that cannot work.
func (b *Bus) consumeReachable(ctx context.Context, s *subscription) error {
	consume := b.consume
	if s.shared {
		consume = b.consumeShared
	}
	running, ctx := errgroup.WithContext(ctx)
	running.Go(func() error { return consume(ctx, s) })
	running.Go(func() error { return b.reachable(ctx, s) })
	return running.Wait() //nolint:wrapcheck // wrapped by Subscribe
}

// reachable has an error when no leader of the topics can be reached, or not the group's coordinator: the client would
// wait for them without a word.
func (b *Bus) reachable(ctx context.Context, s *subscription) error {
	limited, cancel := context.WithTimeout(ctx, reachLimit)
	defer cancel()
	listed, err := b.admin.ListStartOffsets(limited, textOf(s.topics())...)
	listed.Each(func(one kadm.ListedOffset) {
		if one.Err == nil {
			err = nil
		}
	})
	if err == nil && !s.broadcast {
		_, err = b.admin.DescribeGroups(limited, s.member())
	}
	if ctx.Err() != nil || !unanswered(err) {
		return nil // what a broker answers is found where it matters
	}
	return err //nolint:wrapcheck // wrapped by Subscribe
}

// widest is the number of partitions of the topic that has most. It asks no leader. A topic that is missing is asked for
// during patience.
func (b *Bus) widest(ctx context.Context, patience time.Duration, topics ...Topic) (int, error) {
	most, err := settle(ctx, patience, func(ctx context.Context) (int, error) { return b.mostPartitions(ctx, topics) })
	if err != nil {
		return 0, fmt.Errorf("bus: topics: %w", b.config.reach.explain(readError(err)))
	}
	return most, nil
}

// mostPartitions asks a broker itself: the client would remember for a while that a topic was missing.
func (b *Bus) mostPartitions(ctx context.Context, topics []Topic) (int, error) {
	ask := kmsg.NewPtrMetadataRequest()
	for _, topic := range topics {
		one := kmsg.NewMetadataRequestTopic()
		one.Topic = new(string(topic))
		ask.Topics = append(ask.Topics, one)
	}
	answer, err := ask.RequestWith(ctx, b.client)
	if err != nil {
		return 0, err //nolint:wrapcheck // wrapped by widest
	}
	most := 1
	for _, topic := range answer.Topics {
		err = cmp.Or(err, kerr.ErrorForCode(topic.ErrorCode))
		most = max(most, len(topic.Partitions))
	}
	return most, err //nolint:wrapcheck // wrapped by widest
}

func textOf(topics []Topic) []string {
	texts := make([]string, len(topics))
	for i, topic := range topics {
		texts[i] = string(topic)
	}
	return texts
}
