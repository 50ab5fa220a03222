package bus

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

const (
	settingLimit = "max.message.bytes"
	// usualLimit is what Kafka clients send by default, and what is sent where the topic's limit is not told.
	usualLimit    = 1_000_012
	smallestLimit = 512
	largestLimit  = 64 << 20
	learnLimit    = 5 * time.Second
)

// topicLimits are how large a batch each topic takes. A broker refuses a batch as a whole, so that one which the client
// makes too large would take small events with it.
type topicLimits struct {
	mu    sync.RWMutex
	known map[Topic]int32
}

func newTopicLimits() *topicLimits { return &topicLimits{known: make(map[Topic]int32)} }

func (l *topicLimits) lookup(topic Topic) (limit int32, known bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	limit, known = l.known[topic]
	return limit, known
}

// note says whether the limit is another than before.
func (l *topicLimits) note(topic Topic, limit int32) (changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, known := l.known[topic]
	l.known[topic] = limit
	return known && before != limit
}

// of is what the client asks when it meets a topic's partition.
func (l *topicLimits) of(topic string) int32 {
	if limit, known := l.lookup(Topic(topic)); known {
		return limit
	}
	return usualLimit
}

// Limit is how many bytes a batch of records to a topic may have, its max.message.bytes: clients of this bus make no
// larger ones. The brokers are asked at the first call for a topic, for at most 5 seconds; a topic whose limit they do not
// tell is taken to have 1,000,012.
func (b *Bus) Limit(ctx context.Context, topic Topic) int {
	if _, known := b.config.limits.lookup(topic); !known {
		b.askLimits(ctx, []Topic{topic})
	}
	return int(b.config.limits.of(string(topic)))
}

// Relearn asks again for the limits of topics, and says which have changed since clients of this bus met them. Such a
// client goes by the new limit once its topic is purged.
func (b *Bus) Relearn(ctx context.Context, topics ...Topic) (changed []Topic) {
	for _, topic := range b.askLimits(ctx, topics) {
		changed = append(changed, Topic(topic))
	}
	return changed
}

// learnLimits asks for the limits of topics that are published to for the first time.
func (b *Bus) learnLimits(ctx context.Context, batch *batch) {
	var last Topic
	var unknown []Topic
	for i := range batch.results {
		if topic := batch.results[i].Topic; topic != last && batch.results[i].Err == nil {
			last = topic
			if _, known := b.config.limits.lookup(topic); !known {
				unknown = append(unknown, topic)
			}
		}
	}
	b.askLimits(ctx, unknown)
}

// askLimits returns the topics whose limits are other ones than before. A limit that cannot be had is taken to be the
// usual one; a topic that does not exist is asked for again.
func (b *Bus) askLimits(ctx context.Context, topics []Topic) (changed []string) {
	if len(topics) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, learnLimit)
	defer cancel()
	described, err := b.admin.DescribeTopicConfigs(ctx, textOf(topics)...)
	if err != nil {
		for _, topic := range topics { // else each publish would wait for an answer
			if _, known := b.config.limits.lookup(topic); !known {
				b.config.limits.note(topic, usualLimit)
			}
		}
		return nil
	}
	for _, topic := range described {
		if missing(topic.Err) {
			continue
		}
		if limit := limitIn(settingValues(topic)); b.config.limits.note(Topic(topic.Name), limit) {
			changed = append(changed, topic.Name)
		}
	}
	return changed
}

func limitIn(settings map[string]string) int32 {
	limit, err := strconv.ParseInt(settings[settingLimit], 10, 32)
	if err != nil {
		return usualLimit
	}
	return int32(min(max(limit, smallestLimit), largestLimit))
}

// relearnLimits makes the client look again at topics for which something was too large: an operator may have changed
// their limits since.
func (b *Bus) relearnLimits(ctx context.Context, results Results) {
	topics := make(map[Topic]struct{})
	for _, result := range results {
		if result.Err != nil && errors.Is(result.Err, kerr.MessageTooLarge) {
			topics[result.Topic] = struct{}{}
		}
	}
	if changed := b.askLimits(ctx, slices.Collect(maps.Keys(topics))); len(changed) > 0 {
		b.client.PurgeTopicsFromProducing(changed...)
	}
}

// historyRoom is more than a record grows by when it goes on to one of its group's own topics.
const historyRoom = 64 << 10

// roomFor is the limit of a topic that takes what stands in others, together with what became of it.
func (b *Bus) roomFor(ctx context.Context, topics []Topic) int {
	b.askLimits(ctx, topics)
	most := int32(usualLimit)
	for _, topic := range topics {
		most = max(most, b.config.limits.of(string(topic)))
	}
	return int(most) + historyRoom
}
