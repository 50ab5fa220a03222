package assign

import (
	"cmp"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// round is one balancing of the group by its leader.
type round struct {
	standbys int
	nodes    map[string]Node // by member id
}

// Balance is called by kgo.
func (r round) Balance(b *kgo.ConsumerBalancer, topics map[string]int32) kgo.IntoSyncAssignment {
	if err := coPartitioned(b.MemberTopics(), topics); err != nil {
		b.SetError(err)
		return nil
	}
	held := newClaims(topics)
	p := Plan{Generation: b.Info().Generation}
	var metas []*kmsg.ConsumerMemberMetadata
	b.EachMember(func(member *kmsg.JoinGroupResponseMember, meta *kmsg.ConsumerMemberMetadata) {
		p.Members = append(p.Members, Member{r.nodes[member.MemberID], member.MemberID})
		metas = append(metas, meta)
	})
	order := make([]int, len(metas))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := p.Members[i], p.Members[j]
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.MemberID, b.MemberID))
	})
	p.Members, metas = pick(p.Members, order), pick(metas, order)
	nodes := make([]Node, len(p.Members))
	for i, member := range p.Members {
		nodes[i] = member.Node
		held.add(i, metas[i])
	}
	p.settle(nodes, held, r.standbys)
	if err := p.check(); err != nil {
		b.SetError(err)
		return nil
	}
	return expand(p, metas)
}

// coPartitioned returns an error unless all topics that members read have the same number of partitions.
func coPartitioned(wanted map[string]struct{}, topics map[string]int32) error {
	counts, same := make(map[string]int32, len(wanted)), map[int32]bool{}
	for topic := range wanted {
		counts[topic] = topics[topic]
		same[topics[topic]] = true
	}
	if len(same) > 1 || same[0] || slices.Max(append(slices.Collect(maps.Values(counts)), 0)) > maxShards {
		return &TopicsError{Partitions: counts}
	}
	return nil
}

// settle decides who owns what. A shard that another member still has is left without an owner until the next round.
func (p *Plan) settle(nodes []Node, held claims, standby int) {
	holders := held.holders()
	p.Owners = owners(nodes, holders)
	p.Standbys = standbys(standby, nodes, p.Owners, holders)
	p.Heirs = slices.Repeat([]int{None}, len(p.Owners))
	for shard, owner := range p.Owners {
		if owner != None && !held.free(shard, owner) {
			p.Owners[shard], p.Heirs[shard] = None, owner
		}
	}
}

func pick[T any](from []T, order []int) []T {
	picked := make([]T, len(order))
	for i, at := range order {
		picked[i] = from[at]
	}
	return picked
}

// shares is what every member is sent.
type shares []kmsg.SyncGroupRequestGroupAssignment

// IntoSyncAssignment is called by kgo.
func (s shares) IntoSyncAssignment() []kmsg.SyncGroupRequestGroupAssignment { return s }

// expand makes of a member's shards the partitions of those topics that it reads, and adds the whole plan.
func expand(p Plan, metas []*kmsg.ConsumerMemberMetadata) shares {
	plan := broadcast(p)
	all := make(shares, len(p.Members))
	for i, member := range p.Members {
		assignment := kmsg.NewConsumerMemberAssignment()
		assignment.UserData = plan
		if shards := p.Owned(i); len(shards) > 0 {
			for _, topic := range slices.Compact(slices.Sorted(slices.Values(metas[i].Topics))) {
				part := kmsg.NewConsumerMemberAssignmentTopic()
				part.Topic, part.Partitions = topic, shards
				assignment.Topics = append(assignment.Topics, part)
			}
		}
		all[i] = kmsg.NewSyncGroupRequestGroupAssignment()
		all[i].MemberID, all[i].MemberAssignment = member.MemberID, assignment.AppendTo(nil)
	}
	return all
}
