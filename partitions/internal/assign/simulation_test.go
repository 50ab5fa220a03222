package assign_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/partitions/internal/assign"
)

// group plays the coordinator and the clients of a consumer group.
type group struct {
	topics     map[string]int32
	standbys   int
	generation int32
	members    []*member
	joins      int           // so many have ever joined
	spent      time.Duration // in balancing
}

type member struct {
	node     assign.Node
	id       string
	topics   []string
	balancer *assign.Balancer
	owned    map[string][]int32
	joined   int32 // the generation it was last in
	plan     assign.Plan
}

// fatal is what both testing.T and rapid.T have.
type fatal interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func (g *group) join(t fatal, node assign.Node, topics ...string) *member {
	t.Helper()
	g.joins++
	m := &member{node: node, id: fmt.Sprintf("client-%s-%d", node.ID, g.joins), topics: topics, joined: -1}
	if len(topics) == 0 {
		for topic := range g.topics {
			m.topics = append(m.topics, topic)
		}
	}
	var err error
	m.balancer, err = assign.New(func() assign.Node { return m.node }, g.standbys, func(p assign.Plan) { m.plan = p })
	if err != nil {
		t.Fatal(err)
	}
	g.members = append(g.members, m)
	return m
}

func (g *group) leave(i int) { g.members = slices.Delete(g.members, i, i+1) }

// balance lets the first member lead a round and returns what it would send.
func (g *group) balance() ([]kmsg.SyncGroupRequestGroupAssignment, error) {
	g.generation++
	var joins []kmsg.JoinGroupResponseMember
	for _, m := range g.members {
		slices.Sort(m.topics)
		joins = append(joins, kmsg.JoinGroupResponseMember{
			MemberID: m.id, ProtocolMetadata: m.balancer.JoinGroupMetadata(m.topics, m.owned, m.joined),
		})
	}
	began := time.Now()
	defer func() { g.spent += time.Since(began) }()
	return lead(g.members[0].balancer, g.generation, joins, g.topics)
}

func lead(b *assign.Balancer, generation int32, joins []kmsg.JoinGroupResponseMember, topics map[string]int32) ([]kmsg.SyncGroupRequestGroupAssignment, error) {
	balancer, wanted, err := b.MemberBalancer(joins)
	if err != nil {
		return nil, err
	}
	counts := map[string]int32{}
	for topic := range wanted {
		counts[topic] = topics[topic]
	}
	balancer.(kgo.GroupMemberBalancerInfo).SetBalanceInfo(kgo.BalanceInfo{Generation: generation})
	into, err := balancer.(kgo.GroupMemberBalancerOrError).BalanceOrError(counts)
	if err != nil {
		return nil, err
	}
	return into.IntoSyncAssignment(), nil
}

// round balances once and lets each member take what it was sent, checking at every step that no partition has two owners.
// Late members do not hear of this round: they keep what they have and join the next. It reports whether a member gave
// something up or was late, and so joins again.
func (g *group) round(t fatal, late ...*member) (again bool) {
	t.Helper()
	assigned, err := g.balance()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range g.members {
		if slices.Contains(late, m) {
			again = true
			continue
		}
		at := slices.IndexFunc(assigned, func(a kmsg.SyncGroupRequestGroupAssignment) bool { return a.MemberID == m.id })
		got, err := m.balancer.ParseSyncAssignment(assigned[at].MemberAssignment)
		if err != nil {
			t.Fatal(err)
		}
		for topic, partitions := range m.owned {
			for _, p := range partitions {
				again = again || !slices.Contains(got[topic], p)
			}
		}
		m.owned, m.joined = got, g.generation
		g.once(t)
	}
	return again
}

// once fails if two members own a partition.
func (g *group) once(t fatal) {
	t.Helper()
	type partition struct {
		topic string
		shard int32
	}
	owner := map[partition]string{}
	for _, m := range g.members {
		for topic, partitions := range m.owned {
			for _, p := range partitions {
				key := partition{topic, p}
				if owner[key] != "" {
					t.Fatalf("%v of generation %d is owned by %s and %s", key, g.generation, owner[key], m.id)
				}
				owner[key] = m.id
			}
		}
	}
}

func node(id string, weight int) assign.Node {
	return assign.Node{ID: id, Address: id + ":8080", Weight: weight}
}

func TestUnequalTopics(t *testing.T) {
	t.Parallel()
	for _, topics := range []map[string]int32{{"a": 4, "b": 5}, {"a": 4, "b": 0}, {"a": 0}, {"a": 1 << 17}} {
		g := group{topics: topics}
		g.join(t, node("one", 1))
		_, err := g.balance()
		checkTopicsError(t, err, topics)
	}
}
