package partitions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/partitions/internal/store"
)

var (
	// errRefused: the coordinator knows a newer membership. The transaction was aborted; whoever owns the shards goes on.
	errRefused = errors.New("the group has moved on")
	// errAborted: the transaction was aborted cleanly and can be made again.
	errAborted = errors.New("the transaction was aborted")
	// errUncertain: it is unknown how the transaction ended, or its producer is of no more use.
	errUncertain = errors.New("the transaction's end is unknown")
)

// Reserved keys of the changelog. No table's name begins with "!".
const (
	claimKey    = "!claim"
	progressKey = "!progress"
)

const endTimeout = 10 * time.Second

// commit ends the transaction: changelog, outputs and offsets of all touched shards become visible together.
func (b *batch) commit() error {
	if len(b.overlays) == 0 { // all that was polled is of shards that have just gone
		if err := b.producer.EndTransaction(b.life, kgo.TryAbort); err != nil {
			return fmt.Errorf("%w: %w", errUncertain, err)
		}
		return nil
	}
	for _, o := range b.overlays {
		for _, entry := range o.entries {
			b.log(o, entry.Key, entry.Value)
		}
	}
	if b.produced == 0 {
		// A transaction of offsets alone would never end.
		for _, o := range b.overlays {
			b.log(o, []byte(progressKey), []byte{})
			break
		}
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(b.life, endTimeout)
	defer cancel()
	if err := b.producer.Flush(ctx); err != nil { // to abort would wait for the same brokers
		return fmt.Errorf("%w: flush: %w", errUncertain, err)
	}
	if failed := b.failure.Load(); failed != nil {
		return b.abort(failed)
	}
	if err := b.sendOffsets(ctx); err != nil {
		return b.abort(fmt.Errorf("commit offsets: %w", err))
	}
	if err := b.producer.EndTransaction(ctx, kgo.TryCommit); err != nil {
		return fmt.Errorf("%w: commit: %w", errUncertain, err)
	}
	b.engine.meters.commits.Record(ctx, time.Since(began).Seconds(), b.engine.meters.group)
	return nil
}

// abort gives the transaction up and says what its end means.
func (b *batch) abort(cause error) error {
	ctx, cancel := context.WithTimeout(b.life, endTimeout)
	defer cancel()
	if err := b.producer.AbortBufferedRecords(ctx); err != nil {
		return fmt.Errorf("%w: abort: %w; after: %w", errUncertain, err, cause)
	}
	if err := b.producer.EndTransaction(ctx, kgo.TryAbort); err != nil {
		return fmt.Errorf("%w: abort: %w; after: %w", errUncertain, err, cause)
	}
	for _, code := range []error{
		kerr.IllegalGeneration, kerr.UnknownMemberID, kerr.FencedInstanceID, kerr.RebalanceInProgress, kerr.StaleMemberEpoch,
	} {
		if errors.Is(cause, code) {
			return fmt.Errorf("%w: %w", errRefused, cause)
		}
	}
	return fmt.Errorf("%w: %w", errAborted, cause)
}

// sendOffsets makes the offsets of every touched shard part of the transaction, also unchanged ones: the coordinator
// checks the membership with them, and that is what stops a node that no longer owns a shard (KIP-447).
func (b *batch) sendOffsets(ctx context.Context) error {
	id, epoch, err := b.producer.ProducerID(ctx)
	if err != nil {
		return err //nolint:wrapcheck // wrapped by commit
	}
	request := kmsg.NewPtrTxnOffsetCommitRequest()
	request.TransactionalID, request.Group = b.producer.id, b.engine.config.name
	request.ProducerID, request.ProducerEpoch = id, epoch
	request.MemberID, request.Generation = b.membership.member, b.membership.generation
	mark := ownerMark{member: b.membership.member, prefix: b.engine.prefix, lane: b.lane.number, size: ringSize}
	claimed := mark.String()
	mark.live = true
	live := mark.String()
	for _, name := range b.engine.inputs {
		topic := kmsg.NewTxnOffsetCommitRequestTopic()
		topic.Topic, topic.TopicID = name, b.engine.ids[name]
		for s := range b.overlays {
			partition := kmsg.NewTxnOffsetCommitRequestTopicPartition()
			partition.Partition, partition.Offset, partition.Metadata = s.id, b.next(s, name), &claimed
			if Phase(s.phase.Load()) == PhaseLive {
				partition.Metadata = &live
			}
			topic.Partitions = append(topic.Partitions, partition)
		}
		request.Topics = append(request.Topics, topic)
	}
	response, err := request.RequestWith(ctx, b.producer)
	if err != nil {
		return err //nolint:wrapcheck // wrapped by commit
	}
	for _, topic := range response.Topics {
		for _, partition := range topic.Partitions {
			if err := kerr.ErrorForCode(partition.ErrorCode); err != nil {
				return fmt.Errorf("shard %d: %w", partition.Partition, err)
			}
		}
	}
	return nil
}

// next is the offset from which the shard goes on in a topic once the transaction is committed.
func (b *batch) next(s *shard, topic string) int64 {
	if offset, moved := b.offsets[s][topic]; moved {
		return offset
	}
	return s.offsets[topic]
}

// apply moves the node's own state to where the committed transaction has brought it.
func (b *batch) apply() error {
	var changes []store.Batch
	for s, o := range b.overlays {
		maps.Copy(s.offsets, b.offsets[s])
		s.measure()
		reached := o.reached.Load()
		if reached == 0 || Phase(s.phase.Load()) != PhaseLive {
			continue
		}
		s.position = store.Position{Next: reached, Epoch: -1, Token: s.token.Load(), Topic: b.engine.ids[b.engine.changelog], Written: b.began}
		changes = append(changes, store.Batch{Shard: s.id, Changes: o.entries, At: s.position})
	}
	if len(changes) == 0 {
		return nil
	}
	if err := b.engine.store.Apply(changes...); err != nil {
		return err
	}
	for s, o := range b.overlays {
		s.awaited.tell(o.entries)
		if o.timers {
			if err := s.nextTimer(); err != nil {
				return err
			}
		}
	}
	return nil
}
