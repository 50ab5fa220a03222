package partitions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/internal/assign"
)

// ErrNoMembers is found in the error of [Describe] for a group that no node is in.
var ErrNoMembers = errors.New("partitions: no node is in the group")

// Description is what the cluster tells of a group to anybody who asks.
type Description struct {
	Name   string
	Nodes  []Node
	Shards []ShardDescription
}

// ShardOf is the shard that a record's key falls to.
func (d Description) ShardOf(key string) int32 { return shardOf([]byte(key), len(d.Shards)) }

// ShardDescription is one shard, as the last committed transaction and the last rebalance have left it.
type ShardDescription struct {
	Shard int32
	State ShardState
	// Owner is the zero Node while the shard moves.
	Owner Node
	// Heir is who owns the shard after the rebalance that is under way, or the zero Node.
	Heir Node
	// Standbys keep warm copies, the next owner first.
	Standbys []StandbyDescription
	// Lag is how many input records are not handled yet.
	Lag int64
}

// StandbyDescription is a node with a warm copy. Lag is how many changelog records it lacked when it last joined, at
// most; -1 where it has not said.
type StandbyDescription struct {
	Node string
	Lag  int64
}

// ShardState is how far a shard is with its owner.
type ShardState string

// The states, in the order in which a shard goes through them.
const (
	// ShardUnowned: no node owns it, and none will after the rebalance that is under way.
	ShardUnowned ShardState = "unowned"
	// ShardMoving: its last owner gives it up, and its heir will own it.
	ShardMoving ShardState = "moving"
	// ShardTaking: its owner fences the last one and has not claimed it yet.
	ShardTaking ShardState = "taking"
	// ShardRestoring: its owner has claimed it and reads the changelog.
	ShardRestoring ShardState = "restoring"
	// ShardLive: its owner handles records.
	ShardLive ShardState = "live"
)

// Describe asks the cluster about a group. The process need not be in it, nor know its program. A group that rebalances
// is asked again for up to 5 seconds.
func Describe(ctx context.Context, b *bus.Bus, group string) (Description, error) {
	client, err := b.Client()
	if err != nil {
		return Description{}, err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	plan, err := describePlan(ctx, admin, group)
	if err != nil {
		return Description{}, fmt.Errorf("partitions: describe group %q: %w", group, err)
	}
	offsets, err := admin.FetchOffsets(ctx, group)
	if err != nil {
		return Description{}, fmt.Errorf("partitions: describe group %q: %w", group, err)
	}
	lags, err := b.Lag(ctx, group)
	if err != nil {
		return Description{}, err
	}
	d := Description{Name: group, Shards: make([]ShardDescription, plan.Shards())}
	for i := range plan.Members {
		d.Nodes = append(d.Nodes, nodeOf(&plan, i, ""))
	}
	for id := range d.Shards {
		d.Shards[id] = describeShard(&plan, d.Nodes, id)
	}
	for _, lag := range lags {
		for _, p := range lag.Partitions {
			if int(p.Partition) < len(d.Shards) {
				d.Shards[p.Partition].Lag += p.Lag
			}
		}
	}
	offsets.Each(func(o kadm.OffsetResponse) {
		mark, ok := parseMark(o.Metadata)
		if !ok || int(o.Partition) >= len(d.Shards) {
			return
		}
		s := &d.Shards[o.Partition]
		if owner, owned := plan.Owner(o.Partition); owned && owner.MemberID == mark.member && s.State == ShardTaking {
			s.State = ShardRestoring
			if mark.live {
				s.State = ShardLive
			}
		}
	})
	return d, nil
}

func describeShard(plan *assign.Plan, nodes []Node, id int) ShardDescription {
	s := ShardDescription{Shard: int32(id), State: ShardUnowned} //nolint:gosec // a partition number
	if heir := plan.Heirs[id]; heir != assign.None {
		s.State, s.Heir = ShardMoving, nodes[heir]
	}
	if owner := plan.Owners[id]; owner != assign.None {
		s.State, s.Owner = ShardTaking, nodes[owner]
	}
	for _, i := range plan.Standbys[id] {
		lag, known := plan.Members[i].Warm[s.Shard]
		if !known {
			lag = -1
		}
		s.Standbys = append(s.Standbys, StandbyDescription{Node: plan.Members[i].ID, Lag: lag})
	}
	return s
}

const describeLimit = 5 * time.Second

func describePlan(ctx context.Context, admin *kadm.Client, group string) (assign.Plan, error) {
	for began := time.Now(); ; {
		groups, err := admin.DescribeGroups(ctx, group)
		if err != nil {
			return assign.Plan{}, err //nolint:wrapcheck // wrapped by Describe
		}
		plan, err := assign.Describe(groups[group])
		switch {
		case errors.Is(err, assign.ErrNoMembers):
			return plan, ErrNoMembers
		case err == nil || !errors.Is(err, assign.ErrRebalancing) || time.Since(began) > describeLimit || ctx.Err() != nil:
			return plan, err
		}
		wait(ctx, 100*time.Millisecond)
	}
}
