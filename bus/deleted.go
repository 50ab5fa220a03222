package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	topicsChecked = 15 * time.Second
	// missingPause is how long a group waits before it fetches again from a topic that a broker does not know.
	missingPause = 250 * time.Millisecond
)

// suspects takes away the errors of topics that a broker does not know, and says whether there were any: the broker may
// not know them yet, or not any more.
func suspects(fetches kgo.Fetches) (any bool) {
	for _, fetch := range fetches {
		for _, topic := range fetch.Topics {
			for i := range topic.Partitions {
				if partition := &topic.Partitions[i]; missing(partition.Err) {
					partition.Err, any = nil, true
				}
			}
		}
	}
	return any
}

// suspect has the topics looked at soon.
func (e *engine) suspect(ctx context.Context) {
	select {
	case e.suspected <- struct{}{}:
	default:
	}
	timer := time.NewTimer(missingPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// watchTopics ends the subscription when one of its topics is deleted, also when it has been made anew since. A broker
// may know less than others for a moment.
func (e *engine) watchTopics(ctx context.Context) error {
	ticker := time.NewTicker(topicsChecked)
	defer ticker.Stop()
	wanted, ids, gone := textOf(e.sub.topics()), make(map[string]kadm.TopicID), make(map[string]time.Time)
	if !e.sub.broadcast {
		wanted = append(wanted, string(retryTopic(e.sub.group)))
	}
	for {
		details, err := e.bus.admin.ListTopics(ctx, wanted...)
		for topic, detail := range details {
			switch {
			case err != nil:
			case missing(detail.Err):
				if gone[topic].IsZero() {
					gone[topic] = time.Now()
				}
				if time.Since(gone[topic]) > missingLimit {
					return fmt.Errorf("%w: %s was deleted while it was read; create it and subscribe again", ErrNoTopic, topic)
				}
			case detail.Err == nil:
				if before, known := ids[topic]; known && detail.ID != before {
					return fmt.Errorf("%w: %s was deleted while it was read, and made anew; subscribe again", ErrNoTopic, topic)
				}
				ids[topic] = detail.ID
				delete(gone, topic)
			}
		}
		var again <-chan time.Time
		if len(gone) > 0 {
			again = time.After(missingPause)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-again:
		case <-ticker.C:
		case <-e.suspected:
		}
	}
}
