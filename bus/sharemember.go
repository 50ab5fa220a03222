package bus

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/millrace/millrace/observe"
)

const (
	// renewEvery is how often locks are looked at; the least that a broker gives is 15 seconds.
	renewEvery = time.Second
	// shareWait is how long a broker may wait for an event to lend.
	shareWait = 500 * time.Millisecond

	batchEvents     = 500
	batchPerHandler = 4
)

// join becomes a member of the share group. One fetch at a time is under way, and only while it is asked for, so that
// nothing is lent to a process that has no room for it.
func (q *shareQueue) join(ctx context.Context) (*kgo.Client, error) {
	infos, err := q.bus.Topics(ctx, q.sub.topics()...)
	if err != nil {
		return nil, err
	}
	leaders := make(map[int32]struct{})
	topics := make([]string, 0, len(infos))
	for _, info := range infos {
		topics = append(topics, string(info.Name))
		for _, partition := range info.Partitions {
			leaders[partition.Leader] = struct{}{}
		}
	}
	return q.bus.config.client(
		kgo.ShareGroup(q.sub.group),
		kgo.ConsumeTopics(topics...),
		kgo.ShareMaxRecords(q.batch()),
		kgo.ShareMaxRecordsStrict(),
		// Brokers are asked one after the other: one that has nothing must not hold up those that have.
		kgo.FetchMaxWait(shareWait/time.Duration(max(1, len(leaders)))),
		kgo.ShareAckCallback(func(_ *kgo.Client, results kgo.ShareAckResults) { q.answered(results) }),
		kgo.WithHooks(keeper{}),
	)
}

// batch is how many events are asked for at once. A broker takes about 10 ms to lend, whatever the number.
func (q *shareQueue) batch() int32 {
	return int32(min(batchEvents, batchPerHandler*q.sub.concurrency, q.sub.maxRecords)) //nolint:gosec // at most batchEvents
}

// answered notes acknowledgements that the broker did not take: those events are delivered again.
func (q *shareQueue) answered(results kgo.ShareAckResults) {
	for _, result := range results {
		if result.Err != nil {
			q.counts.refused(q.life, result.Topic)
			q.bus.config.logger.WarnContext(q.life, "acknowledgement refused; events may be delivered again", "group", q.sub.group,
				"topic", result.Topic, "partition", result.Partition, "error", result.Err)
		}
	}
}

// renew keeps the locks of what is held until the queue's life ends.
func (q *shareQueue) renew() {
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	for {
		select {
		case <-q.life.Done():
			return
		case now := <-ticker.C:
			q.mu.Lock()
			for b := range q.lent {
				b.renew(now)
			}
			q.mu.Unlock()
		}
	}
}

// drain gives back what has not begun, lets what runs finish within the limit, cancels it after that, and leaves.
func (q *shareQueue) drain(end context.CancelCauseFunc) {
	q.giveBack(func(b *borrowed) bool { return !b.running })
	q.awaitIdle(q.sub.drain)
	end(ErrDrained)
	q.awaitIdle(cancelGrace)
	q.giveBack(func(*borrowed) bool { return true })
	leaving, cancel := context.WithTimeout(context.WithoutCancel(q.life), leaveTimeout)
	defer cancel()
	_ = q.client.LeaveGroupContext(leaving) // a member that cannot say goodbye is missed by its heartbeats
	q.client.Close()
	q.workers.Wait()
}

func (q *shareQueue) giveBack(which func(*borrowed) bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.ready = true, nil
	for b := range q.lent {
		if which(b) {
			q.answer(b, kgo.AckRelease)
		}
	}
}

// awaitIdle returns when no handler runs, or after the limit.
func (q *shareQueue) awaitIdle(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		q.mu.Lock()
		idle := q.running == 0
		q.mu.Unlock()
		if idle {
			return
		}
		select {
		case <-q.changed:
		case <-timer.C:
			return
		}
	}
}

// shareCounts are what a share group shows beside what every subscription does.
type shareCounts struct {
	group     attribute.KeyValue
	again     metric.Int64Counter
	unsettled metric.Int64Counter
}

func newShareCounts(b *Bus, s *subscription) (*shareCounts, error) {
	meter := observe.NewMeter(b.config.meter, scope)
	return &shareCounts{
		group:     attribute.String("messaging.consumer.group.name", s.group),
		again:     meter.Counter("millrace.bus.redelivered", "", "Events that were lent again, since nobody answered for them."),
		unsettled: meter.Counter("millrace.bus.ack.refused", "", "Acknowledgements that a broker did not take."),
	}, meter.Err()
}

func (c *shareCounts) delivered(ctx context.Context, kind string) {
	c.again.Add(ctx, 1, metric.WithAttributes(c.group, attribute.String("millrace.event.type", kind)))
}

func (c *shareCounts) refused(ctx context.Context, topic string) {
	c.unsettled.Add(ctx, 1, metric.WithAttributes(c.group, attribute.String("messaging.destination.name", topic)))
}
