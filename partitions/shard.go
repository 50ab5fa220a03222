package partitions

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/partitions/internal/store"
)

// shard is one partition of all the group's topics while this node owns it. What is not atomic belongs to its lane once
// the shard is live, and to its takeover before.
type shard struct {
	id       int32
	lane     *lane
	ctx      context.Context //nolint:containedctx // the shard's life on this node
	cancel   context.CancelCauseFunc
	mu       sync.Mutex
	ended    bool
	tasks    sync.WaitGroup
	token    atomic.Int64
	phase    atomic.Int32
	state    store.Shard
	position store.Position
	offsets  map[string]int64
	due      time.Time
	lag      atomic.Int64     // of what is restored or copied
	ends     map[string]int64 // of the inputs, as far as fetches have told
	behind   atomic.Int64     // input records that are not handled
	whole    atomic.Bool      // state can be read: it is all that the shard had at some time
	finished chan struct{}    // of a copy: closed when its state is
	led      bool
	parks    bool // some key may have parked records
	awaited  awaited
}

// Phase is how far a node is with a shard.
type Phase int32

// The phases.
const (
	// PhaseClaiming: the last owner is being fenced, and the claim written.
	PhaseClaiming Phase = iota
	// PhaseRestoring: the changelog is read up to the claim.
	PhaseRestoring
	// PhaseLive: records are handled.
	PhaseLive
	// PhaseStandby: another node handles the shard, and this one keeps a copy that has caught up.
	PhaseStandby
)

// String is the phase's name.
func (p Phase) String() string {
	switch p {
	case PhaseClaiming:
		return "claiming"
	case PhaseRestoring:
		return "restoring"
	case PhaseStandby:
		return "standby"
	default:
		return "live"
	}
}

func (s *shard) enter(p Phase) { s.phase.Store(int32(p)) }

// measure notes how many input records are still to be handled.
func (s *shard) measure() {
	behind := int64(0)
	for topic, end := range s.ends {
		behind += max(end-s.offsets[topic], 0)
	}
	s.behind.Store(behind)
}

// gone says whether the shard is no longer this node's.
func (s *shard) gone() bool { return s.ctx.Err() != nil }

// start runs f beside the lane, and says whether it does: a shard that has ended begins nothing.
func (s *shard) start(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.tasks.Go(f)
	}
	return !s.ended
}

// end gives the shard up: what runs for it outside its lane is waited for, and its state is closed.
func (s *shard) end(cause error) error {
	s.cancel(cause)
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.tasks.Wait()
	if s.state == nil {
		return nil
	}
	return s.state.Close()
}
