package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

const (
	// unknownFor is how long a topic may be unknown before its rows become dead letters: some brokers know a new one
	// before others, and one that is made anew is unknown in between.
	unknownFor   = 10 * time.Second
	unknownAgain = 500 * time.Millisecond
	// unknownSoonest and unknownLatest are between two looks for a topic that was given up. A group does not ask brokers
	// for half a minute after they refused a topic.
	unknownSoonest = 30 * time.Second
	unknownLatest  = 4 * time.Minute
	unknownLooks   = time.Second
	unknownTopics  = 1000
)

// unknown are the topics that stayed unknown. Their rows are not waited for, and brokers not asked with them: one that
// looks beside the relay's work finds out when such a topic is there.
type unknown struct {
	mu     sync.Mutex
	topics map[bus.Topic]unknownTopic
}

type unknownTopic struct {
	cause error
	wait  time.Duration
	next  time.Time
}

func (u *unknown) giveUp(topic bus.Topic, cause error, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.topics == nil {
		u.topics = make(map[bus.Topic]unknownTopic)
	}
	for other := range u.topics {
		if len(u.topics) < unknownTopics {
			break
		}
		delete(u.topics, other)
	}
	u.topics[topic] = unknownTopic{cause: cause, wait: unknownSoonest, next: now.Add(unknownSoonest)}
}

// before counts the first records that are for other topics, and says why the one behind them cannot be published.
func (u *unknown) before(records []bus.Record) (n int, cause error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.topics) == 0 {
		return len(records), nil
	}
	for n := range records {
		if topic, given := u.topics[records[n].Topic]; given {
			return n, topic.cause
		}
	}
	return len(records), nil
}

// due are the topics to look for now, and each of them is looked for later than before.
func (u *unknown) due(now time.Time) (topics []bus.Topic) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for name, topic := range u.topics {
		if now.Before(topic.next) {
			continue
		}
		topics = append(topics, name)
		topic.wait = min(2*topic.wait, unknownLatest)
		topic.next = now.Add(topic.wait)
		u.topics[name] = topic
	}
	return topics
}

func (u *unknown) found(topic bus.Topic) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.topics, topic)
}

// seek looks for the topics that were given up while the lease stands. It returns what waits for its end.
func (r *Relay) seek(ctx context.Context, b *bus.Bus) (wait func()) {
	var seeking sync.WaitGroup
	seeking.Go(func() {
		ticker := time.NewTicker(unknownLooks)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-ticker.C:
				for _, topic := range r.unknown.due(now) {
					if _, err := b.Topics(ctx, topic); err == nil {
						r.unknown.found(topic)
						r.logger.InfoContext(ctx, "a topic that was unknown is there", "slot", r.slot, "topic", topic)
					}
				}
			}
		}
	})
	return seeking.Wait
}

// awaitTopic publishes the one record of a batch once its topic is known, and says what else keeps it from that.
func (r *Relay) awaitTopic(ctx context.Context, lease *partitions.Lease, b batch, cause error) error {
	if n, _ := r.unknown.before(b.records); n == 0 || !errors.Is(cause, bus.ErrNoTopic) {
		return cause
	}
	limit, again := time.NewTimer(unknownFor), time.NewTicker(unknownAgain)
	defer limit.Stop()
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case now := <-limit.C:
			r.unknown.giveUp(b.records[0].Topic, cause, now)
			return cause
		case <-again.C:
		}
		began := time.Now()
		if cause = r.write(ctx, lease, b); cause == nil {
			r.meters.published(ctx, 1, time.Since(began))
			r.note(func(s *Status) { s.Published++ })
			return nil
		}
		if !errors.Is(cause, bus.ErrNoTopic) {
			return cause
		}
	}
}
