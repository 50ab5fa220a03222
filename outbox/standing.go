package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// Standing is how a relay stands with its group, whichever process runs it, or none.
type Standing struct {
	// Slot is the slot's name, and for a relay that is given [Polled] one that begins with "poll_", as in [Status].
	Slot   string
	Table  string
	Polled bool
	// Node has the relay now, and is empty where none does. It may not have begun.
	Node string
	// Published is the position that is published: every transaction that ends at it or before. System and Timeline say of
	// which server's log. They are zero with Polled, and before the first checkpoint.
	Published LSN
	System    string
	Timeline  int32
	// Last is when the last transaction was committed of which something is published, by the server's clock: what waits was
	// committed then or later. It is zero with Polled, and where that is not known.
	Last time.Time
	// Checkpoint is when the last one was committed, and Reported when the relay last told what follows: both are zero
	// before the first.
	Checkpoint time.Time
	Reported   time.Time
	// Reporter is the node that told it, and Since when it had got the relay.
	Reporter string
	Since    time.Time
	// Working, Halted, Err, Rate, Behind, Records and DeadLetters are as in [Status]: the reporter's, seconds old. Records is
	// what Status calls Published.
	Working     bool
	Halted      bool
	Err         string
	Rate        float64
	Behind      time.Duration
	Records     int64
	DeadLetters int64
}

// Standings reads how the relays of a group stand, by their slots. It asks Kafka alone, and needs no node that runs; what
// was erased by [partitions.Reset] is not there. A group that has never run a relay has none.
func Standings(ctx context.Context, b *bus.Bus, group string) ([]Standing, error) {
	found, shards, err := readStandings(ctx, b, group)
	if err != nil {
		return nil, fmt.Errorf("outbox: standings of group %q: %w", group, err)
	}
	described, err := partitions.Describe(ctx, b, group)
	if err != nil && !errors.Is(err, partitions.ErrNoMembers) {
		return nil, fmt.Errorf("outbox: standings of group %q: %w", group, err)
	}
	list := make([]Standing, 0, len(found))
	for slot, s := range found {
		if shard := shards[slot]; int(shard) < len(described.Shards) {
			s.Node = described.Shards[shard].Owner.ID
		}
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Standing) int { return cmp.Compare(a.Slot, b.Slot) })
	return list, nil
}

// readStandings reads them from the group's changelog, and says in which shard each relay is.
func readStandings(ctx context.Context, b *bus.Bus, group string) (map[string]*Standing, map[string]bus.Partition, error) {
	rows, err := partitions.ReadStored(ctx, b, group, func(r *bus.Record) bool { return checkpoints.Has(*r) || reports.Has(*r) })
	if errors.Is(err, bus.ErrNoTopic) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	found, shards := make(map[string]*Standing), make(map[string]bus.Partition)
	of := func(slot string, record bus.Record) *Standing {
		if found[slot] == nil {
			found[slot] = &Standing{Slot: slot}
		}
		shards[slot] = record.Partition
		return found[slot]
	}
	for _, record := range rows {
		at, err := checkpoints.Rows(partitions.Stored{record}.All())
		if err != nil {
			return nil, nil, err
		}
		for slot, at := range at {
			s := of(slot, record)
			s.Checkpoint, s.Published, s.System, s.Timeline = record.Time, at.Log.End, at.Log.System, at.Log.Timeline
			if at.Log.LastAt != 0 {
				s.Last = time.UnixMicro(at.Log.LastAt)
			}
		}
		told, err := reports.Rows(partitions.Stored{record}.All())
		if err != nil {
			return nil, nil, err
		}
		for slot, r := range told {
			of(slot, record).take(r)
		}
	}
	return found, shards, nil
}

func (s *Standing) take(r report) {
	s.Table, s.Polled, s.Reporter, s.Reported, s.Since = r.Table, r.Polled, r.Node, r.At, r.Since
	s.Working, s.Halted, s.Err, s.Rate, s.Behind = r.Working, r.Halted, r.Err, r.Rate, r.Behind
	s.Records, s.DeadLetters = r.Published, r.DeadLetters
}
