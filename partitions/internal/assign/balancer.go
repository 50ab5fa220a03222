package assign

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Protocol is the name of the balancer's group protocol: a member that speaks only others cannot join.
const Protocol = "millrace-1"

// Balancer is a cooperative group balancer, to be used as kgo.Balancers(b), alone.
type Balancer struct {
	self     func() Node
	standbys int
	onPlan   func(Plan)

	mu     sync.Mutex
	last   []byte // what was said of self last
	agreed int32  // the generation of the last plan
}

var _ kgo.GroupBalancer = (*Balancer)(nil)

// New returns a balancer for one member of a group.
//
// Self is asked at each join. What it returns at first must be valid; if it is not later, what it said before is said
// again. Standbys is how many members besides the owner keep a copy of each shard, 0 to 16; the leader's number counts.
// OnPlan gets the plan of every generation, before the client's callbacks for what was assigned or revoked. It is called
// by the client's group loop, must not block, and must not change the plan.
func New(self func() Node, standbys int, onPlan func(Plan)) (*Balancer, error) {
	if self == nil || onPlan == nil {
		return nil, errors.New("assign: the balancer needs to know itself and somebody who wants plans")
	}
	if standbys < 0 || standbys > maxStandbys {
		return nil, fmt.Errorf("assign: %d standbys, want 0 to %d", standbys, maxStandbys)
	}
	node := self()
	if err := node.check(); err != nil {
		return nil, fmt.Errorf("assign: %w", err)
	}
	return &Balancer{self: self, standbys: standbys, onPlan: onPlan, last: announce(node), agreed: math.MaxInt32}, nil
}

// ProtocolName is [Protocol].
func (b *Balancer) ProtocolName() string { return Protocol }

// IsCooperative is true: members keep what they own while the group rebalances.
func (b *Balancer) IsCooperative() bool { return true }

// JoinGroupMetadata returns what the member says when it joins. The same node, topics and shards give the same bytes. It
// owns them since a generation whose plan it knows: of a later one that it has joined, and not heard the plan of, it
// cannot say what others own.
func (b *Balancer) JoinGroupMetadata(topics []string, current map[string][]int32, generation int32) []byte {
	meta := kmsg.NewConsumerMemberMetadata()
	meta.Version = 2
	meta.Topics, meta.UserData = slices.Sorted(slices.Values(topics)), b.announce()
	b.mu.Lock()
	meta.Generation = min(generation, b.agreed)
	b.mu.Unlock()
	for _, topic := range slices.Sorted(maps.Keys(current)) {
		owned := kmsg.NewConsumerMemberMetadataOwnedPartition()
		owned.Topic, owned.Partitions = topic, slices.Sorted(slices.Values(current[topic]))
		meta.OwnedPartitions = append(meta.OwnedPartitions, owned)
	}
	return meta.AppendTo(nil)
}

func (b *Balancer) announce() []byte {
	node := b.self()
	b.mu.Lock()
	defer b.mu.Unlock()
	if node.check() == nil {
		b.last = announce(node)
	}
	return b.last
}

// MemberBalancer is called by kgo on the group's leader.
//
// Errors: [*MemberError] for a member that cannot be understood, with [ErrForeign] or [ErrNewer] in it; and later, from the
// balancer it returns, [*TopicsError].
func (b *Balancer) MemberBalancer(members []kmsg.JoinGroupResponseMember) (kgo.GroupMemberBalancer, map[string]struct{}, error) {
	if len(members) > maxMembers {
		return nil, nil, fmt.Errorf("assign: the group has %d members, %d at most", len(members), maxMembers)
	}
	nodes := make(map[string]Node, len(members))
	for _, member := range members {
		var meta kmsg.ConsumerMemberMetadata
		if err := meta.ReadFrom(member.ProtocolMetadata); err != nil {
			return nil, nil, &MemberError{member.MemberID, fmt.Errorf("%w: %w", ErrForeign, err)}
		}
		node, err := heed(meta.UserData)
		if err != nil {
			return nil, nil, &MemberError{member.MemberID, err}
		}
		nodes[member.MemberID] = node
	}
	balancer, err := kgo.NewConsumerBalancer(round{b.standbys, nodes}, members)
	if err != nil {
		return nil, nil, fmt.Errorf("assign: %w", err)
	}
	return balancer, balancer.MemberTopics(), nil
}

// ParseSyncAssignment hands the plan on and returns the member's own part of it.
//
// Errors: [ErrForeign] or [ErrNewer] for a leader that cannot be understood, or whose plan is not what it assigns.
func (b *Balancer) ParseSyncAssignment(assignment []byte) (map[string][]int32, error) {
	var parsed kmsg.ConsumerMemberAssignment
	if err := parsed.ReadFrom(assignment); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	plan, err := receive(parsed.UserData)
	if err != nil {
		return nil, err
	}
	own, owner := make(map[string][]int32, len(parsed.Topics)), None
	for _, topic := range parsed.Topics {
		for _, shard := range topic.Partitions {
			if shard < 0 || int(shard) >= plan.Shards() || plan.Owners[shard] == None || (owner != None && plan.Owners[shard] != owner) {
				return nil, fmt.Errorf("%w: partition %d of %s is assigned against the plan", ErrForeign, shard, topic.Topic)
			}
			owner = plan.Owners[shard]
		}
		own[topic.Topic] = topic.Partitions
	}
	b.mu.Lock()
	b.agreed = plan.Generation
	b.mu.Unlock()
	b.onPlan(plan)
	return own, nil
}
