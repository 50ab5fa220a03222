package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// wants says whether a record has to be handled. What stands in the group's own topic always has.
func (e *engine) wants(raw *kgo.Record) bool {
	if raw.Topic == string(retryTopic(e.sub.group)) {
		return true
	}
	record := Record{Headers: Headers{}}
	for _, header := range raw.Headers {
		if header.Key == HeaderType || header.Key == "eventType" {
			record.Headers = append(record.Headers, Header{Key: header.Key, Value: header.Value})
		}
	}
	return e.sub.byType[record.Type()] != nil
}

func (e *engine) enter(d *delivery) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.records++
	e.bytes += d.size()
}

// leave forgets a delivery; its lane's lock is held, so that none leaves twice.
func (e *engine) leave(d *delivery) {
	if d.left {
		return
	}
	d.left = true
	e.mu.Lock()
	defer e.mu.Unlock()
	e.records--
	e.bytes -= d.size()
	if !e.full() {
		select {
		case e.space <- struct{}{}:
		default:
		}
	}
}

func (e *engine) full() bool { return e.records >= e.sub.maxRecords || e.bytes >= e.sub.maxBytes }

func (e *engine) awaitSpace(ctx context.Context) error {
	for {
		e.mu.Lock()
		full := e.full()
		e.mu.Unlock()
		if !full {
			return ctx.Err() //nolint:wrapcheck // only asked whether
		}
		select {
		case <-ctx.Done():
			return ctx.Err() //nolint:wrapcheck // only asked whether
		case <-e.space:
		}
	}
}

// after runs the queue again when d has passed, unless its lane was closed.
func (e *engine) after(d time.Duration, q *keyQueue) {
	time.AfterFunc(d, func() {
		select {
		case e.ready <- q:
		case <-e.life.Done():
		}
	})
}

// commitLoop stores what is done until ctx ends.
func (e *engine) commitLoop(ctx context.Context) {
	ticker := time.NewTicker(e.sub.commitEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			e.commit(e.life, e.all)
		}
	}
}

// commit stores the lanes' new offsets. A failed commit is made again later; until then others may see events again.
func (e *engine) commit(ctx context.Context, ours func() []*lane) {
	e.commits.Lock()
	defer e.commits.Unlock()
	lanes := ours()
	offsets := make(map[string]map[int32]kgo.EpochOffset)
	for _, lane := range lanes {
		if offset, changed := lane.commit(); changed {
			if offsets[lane.topic] == nil {
				offsets[lane.topic] = make(map[int32]kgo.EpochOffset)
			}
			offsets[lane.topic][lane.partition] = kgo.EpochOffset{Epoch: -1, Offset: offset}
		}
	}
	if len(offsets) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	if err := e.source.commit(ctx, offsets); err != nil {
		e.bus.config.logger.WarnContext(ctx, "commit failed; events may be delivered again", "group", e.sub.group, "error", err)
		return
	}
	for _, lane := range lanes {
		if at, ok := offsets[lane.topic][lane.partition]; ok {
			lane.wasCommitted(at.Offset)
		}
	}
}

// watchTopics ends the subscription when one of its topics is deleted.
func (e *engine) watchTopics(ctx context.Context) error {
	ticker := time.NewTicker(topicsChecked)
	defer ticker.Stop()
	wanted := make([]string, 0, len(e.sub.topics()))
	for _, topic := range e.sub.topics() {
		wanted = append(wanted, string(topic))
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		details, err := e.bus.admin.ListTopics(ctx, wanted...)
		if err != nil {
			continue
		}
		for topic, detail := range details {
			if missing(detail.Err) {
				return fmt.Errorf("%w: %s was deleted while it was read; create it and subscribe again", ErrNoTopic, topic)
			}
		}
	}
}
