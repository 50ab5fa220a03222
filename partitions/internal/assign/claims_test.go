package assign_test

import (
	"reflect"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/partitions/internal/assign"
)

// claimant is a member that says it owns shards in a topic since a generation.
type claimant struct {
	weight     int
	topics     []string
	owned      map[string][]int32
	generation int32
}

// plan lets the first of the claimants, who are called a, b and so on, balance topics of two shards.
func plan(t *testing.T, claimants ...claimant) assign.Plan {
	t.Helper()
	var got assign.Plan
	var joins []kmsg.JoinGroupResponseMember
	var leader *assign.Balancer
	for i, c := range claimants {
		id := string(rune('a' + i))
		b, err := assign.New(func() assign.Node { return node(id, c.weight) }, 0, func(p assign.Plan) { got = p })
		if err != nil {
			t.Fatal(err)
		}
		if leader == nil {
			leader = b
		}
		joins = append(joins, kmsg.JoinGroupResponseMember{MemberID: id, ProtocolMetadata: b.JoinGroupMetadata(c.topics, c.owned, c.generation)})
	}
	assigned, err := lead(leader, 9, joins, map[string]int32{"in": 2, "more": 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range claimants {
		own, err := leader.ParseSyncAssignment(assigned[i].MemberAssignment)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][]int32{}
		for _, topic := range c.topics {
			if shards := got.Owned(i); len(shards) > 0 {
				want[topic] = shards
			}
		}
		if !reflect.DeepEqual(own, want) {
			t.Errorf("%s is assigned %v, want %v", joins[i].MemberID, own, want)
		}
	}
	return got
}

func TestClaims(t *testing.T) {
	t.Parallel()
	both, in := []string{"in", "more"}, []string{"in"}
	all := map[string][]int32{"in": {0, 1}, "more": {0, 1}}
	for name, c := range map[string]struct {
		claimants []claimant
		owners    []int
		heirs     []int
	}{
		"a stale claim neither counts nor stands in the way": {
			[]claimant{{1, both, map[string][]int32{"in": {0}, "more": {0}}, 3}, {1, both, all, 8}},
			[]int{1, assign.None},
			[]int{assign.None, 0},
		},
		"who has a stale claim waits like everybody": {
			[]claimant{{1, both, all, 3}, {0, both, all, 8}},
			[]int{assign.None, assign.None},
			[]int{0, 0},
		},
		"of equal claims the first is kept": {
			[]claimant{{1, both, map[string][]int32{"in": {0}, "more": {0}}, 8}, {1, both, all, 8}},
			[]int{0, 1},
			[]int{assign.None, assign.None},
		},
		"who has more of a shard keeps it": {
			[]claimant{{1, both, map[string][]int32{"in": {0, 1}, "more": {0}}, 8}, {1, both, map[string][]int32{"in": {1}, "more": {1}}, 8}},
			[]int{0, 1},
			[]int{assign.None, assign.None},
		},
		"parts of a shard on two members are brought together": {
			[]claimant{{1, both, map[string][]int32{"in": {0}}, 8}, {1, both, map[string][]int32{"more": {0}, "in": {1}}, 8}},
			[]int{assign.None, 1},
			[]int{0, assign.None},
		},
		"a topic that is new comes at once, to those that read it": {
			[]claimant{{1, in, map[string][]int32{"in": {0}}, 8}, {1, both, map[string][]int32{"in": {1}}, 8}},
			[]int{0, 1},
			[]int{assign.None, assign.None},
		},
		"shards and topics that are not there are no claims": {
			[]claimant{{1, both, map[string][]int32{"in": {-1, 2, 1 << 30}, "other": {0, 1}}, 8}, {1, both, all, 8}},
			[]int{0, 1},
			nil,
		},
		"nobody with a weight": {
			[]claimant{{0, both, all, 8}, {0, both, nil, -1}},
			[]int{assign.None, assign.None},
			[]int{assign.None, assign.None},
		},
	} {
		got := plan(t, c.claimants...)
		if c.heirs == nil { // which of the two shards moves is open; one must
			if got.Owners[0] == got.Owners[1] || (got.Owners[0] != 1 && got.Owners[1] != 1) {
				t.Errorf("%s: owners %v", name, got.Owners)
			}
			continue
		}
		if !reflect.DeepEqual(got.Owners, c.owners) || !reflect.DeepEqual(got.Heirs, c.heirs) {
			t.Errorf("%s: owners %v and heirs %v, want %v and %v", name, got.Owners, got.Heirs, c.owners, c.heirs)
		}
	}
}

// TestClaimsOfTheLastPlan lets a member join generations whose plans it does not hear: it owns what it does since the last
// plan that it has.
func TestClaimsOfTheLastPlan(t *testing.T) {
	t.Parallel()
	g := &group{topics: map[string]int32{"in": 2}}
	m := g.join(t, node("one", 1))
	for want := int32(1); want < 4; want++ {
		g.round(t)
		for _, joined := range []int32{want, want + 1, want + 7} {
			var said kmsg.ConsumerMemberMetadata
			if err := said.ReadFrom(m.balancer.JoinGroupMetadata(m.topics, m.owned, joined)); err != nil {
				t.Fatal(err)
			}
			if said.Generation != want {
				t.Errorf("after the plan of generation %d and joining %d it claims to own since %d", want, joined, said.Generation)
			}
		}
	}
}
