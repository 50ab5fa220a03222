package partitions

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/bus"
)

// refusedTopics are topics that brokers refuse records to, because they are not there or may not be written. A transaction that
// emits to one is made again for a while, since the topic may be on its way. After that whoever emits to it fails, and is
// dealt with as its kind is: a record is poison, a timer fires again later. So one wrong topic does not stop all shards of a lane.
type refusedTopics struct {
	any   atomic.Bool // there may be some: looked at by every transaction
	mu    sync.Mutex
	since map[bus.Topic]refusedTopic
}

type refusedTopic struct {
	first, last time.Time
	err         error
}

const (
	topicPatience = 10 * time.Second
	// topicDenied is how long after the last refusal the brokers are not asked again.
	topicDenied = 30 * time.Second
	// topicForgotten is how long after that a refusal is a first one again.
	topicForgotten = 2 * time.Minute
)

// note is told of a refusal.
func (t *refusedTopics) note(refusal *bus.PublishError, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.any.Store(true)
	if t.since == nil {
		t.since = make(map[bus.Topic]refusedTopic)
	}
	maps.DeleteFunc(t.since, func(_ bus.Topic, is refusedTopic) bool { return now.Sub(is.last) > topicForgotten })
	is, known := t.since[refusal.Topic]
	if !known {
		is.first = now
	}
	is.last, is.err = now, refusal.Err
	t.since[refusal.Topic] = is
}

// of is why nothing can be emitted to a topic now, or nil.
func (t *refusedTopics) of(topic bus.Topic, now time.Time) error {
	if !t.any.Load() {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	is, known := t.since[topic]
	if !known || is.last.Sub(is.first) < topicPatience || now.Sub(is.last) > topicDenied {
		return nil
	}
	return is.err
}

// taken forgets the refusals of topics that were emitted to in a transaction that is committed.
func (t *refusedTopics) taken(topics []string) {
	if !t.any.Load() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, topic := range topics {
		delete(t.since, bus.Topic(topic))
	}
	t.any.Store(len(t.since) > 0)
}
