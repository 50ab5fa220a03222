package bus

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// wants says whether a record has to be handled. What stands in the group's own topic always has.
func (e *engine) wants(raw *kgo.Record) bool {
	if e.sub.byType[string(lookAt(headersOf(raw.Headers)).kind)] != nil {
		return true
	}
	return raw.Topic == string(retryTopic(e.sub.group))
}

// after runs the queue again when d has passed.
func (e *engine) after(d time.Duration, q *keyQueue) { time.AfterFunc(d, func() { e.ready.push(q) }) }

// commitLoop stores what is done until ctx ends.
func (e *engine) commitLoop(ctx context.Context) {
	ticker := time.NewTicker(e.sub.commitEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			e.relax()
			e.commit(e.life, e.all) //nolint:contextcheck // what has begun is stored to its end
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
