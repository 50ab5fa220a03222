package partitions

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/partitions/internal/store"
)

// restorer reads the changelog of shards that are not live yet, each from its own position.
type restorer struct {
	engine *engine
	client *kgo.Client

	mu    sync.Mutex
	reads map[int32]*restoring
}

// restoring is one shard's reading. It ends with the record at the offset until, the shard's claim; that of a standby does
// not end by itself.
type restoring struct {
	shard    *shard
	position store.Position
	until    int64
	done     chan error
}

func newRestorer(e *engine) (*restorer, error) {
	client, err := e.bus.Client(
		kgo.MetadataMinAge(clientMetadataAge),
		kgo.RequestTimeoutOverhead(brokerPatience),
		kgo.FetchMaxWait(500*time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.KeepControlRecords(),
	)
	if err != nil {
		return nil, err
	}
	return &restorer{engine: e, client: client, reads: make(map[int32]*restoring)}, nil
}

// run reads for all shards until ctx ends.
func (r *restorer) run(ctx context.Context) error {
	for ctx.Err() == nil {
		fetches := r.client.PollFetches(ctx)
		for _, failed := range fetches.Errors() {
			if ctx.Err() == nil && !errors.Is(failed.Err, context.Canceled) {
				if err := r.engine.fetchError(failed); err != nil {
					return err
				}
			}
		}
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			r.mu.Lock()
			reading := r.reads[p.Partition]
			r.mu.Unlock()
			if reading == nil || len(p.Records) == 0 {
				return
			}
			r.engine.meters.read(ctx, p.Records)
			if finished, err := reading.take(p.Records, p.LastStableOffset); finished || err != nil {
				r.finish(reading, err)
			}
		})
	}
	return nil
}

// restore waits until the shard's state has all that was written before its claim.
func (r *restorer) restore(s *shard, from store.Position) error {
	claim := s.token.Load()
	reading := &restoring{shard: s, position: from, until: claim, done: make(chan error, 1)}
	reading.position.Token = claim
	if from.Next > claim {
		return fmt.Errorf("local state at offset %d is ahead of the claim at %d: the changelog was cut back; delete the local state",
			from.Next, claim)
	}
	return r.read(reading)
}

// follow keeps the shard's state at the end of its changelog, which was at end a moment ago, until the shard is gone.
func (r *restorer) follow(s *shard, from store.Position, end int64) error {
	reading := &restoring{shard: s, position: from, until: math.MaxInt64, done: make(chan error, 1)}
	reading.reached(end)
	return r.read(reading)
}

func (r *restorer) read(reading *restoring) error {
	s := reading.shard
	r.mu.Lock()
	r.reads[s.id] = reading
	r.mu.Unlock()
	r.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{
		r.engine.changelog: {s.id: kgo.NewOffset().At(reading.position.Next)},
	})
	select {
	case err := <-reading.done:
		return err
	case <-s.ctx.Done():
		r.finish(reading, nil)
		<-reading.done //nolint:errcheck // the client has let go of the partition, which somebody else may read next
		return context.Cause(s.ctx)
	}
}

// finish ends a reading, once, and then lets go of who waits for it. The lock is not held while the client waits for the
// fetch that is under way.
func (r *restorer) finish(reading *restoring, err error) {
	r.mu.Lock()
	current := r.reads[reading.shard.id] == reading
	if current {
		delete(r.reads, reading.shard.id)
	}
	r.mu.Unlock()
	if current {
		r.client.RemoveConsumePartitions(map[string][]int32{r.engine.changelog: {reading.shard.id}})
		reading.done <- err
	}
}

// take applies records to the shard's state; end is where the changelog ends. It is finished when it has met the claim.
func (r *restoring) take(records []*kgo.Record, end int64) (finished bool, err error) {
	r.shard.mu.Lock()
	defer r.shard.mu.Unlock()
	if r.shard.ended {
		return true, nil
	}
	changes := make([]store.Change, 0, len(records))
	for _, record := range records {
		if record.Offset > r.until {
			break
		}
		if record.Offset < r.position.Next {
			continue // a poll for the reading before this one has brought it already
		}
		r.position.Next = record.Offset + 1
		finished = record.Offset == r.until
		switch {
		case record.Attrs.IsControl(), string(record.Key) == progressKey:
		case string(record.Key) == claimKey:
			r.position.Token = max(r.position.Token, record.Offset)
		default:
			changes = append(changes, store.Change{Key: record.Key, Value: record.Value})
		}
	}
	r.position.Written = time.Now()
	if err := r.shard.state.Apply(changes, r.position); err != nil {
		return false, err
	}
	r.reached(end)
	return finished, nil
}

// reached notes how much of the changelog is still to come. A copy that has caught up once can be read from then on.
func (r *restoring) reached(end int64) {
	lag := max(end-r.position.Next, 0)
	r.shard.lag.Store(lag)
	if lag == 0 && r.until == math.MaxInt64 && r.shard.whole.CompareAndSwap(false, true) {
		r.shard.enter(PhaseStandby)
	}
}
