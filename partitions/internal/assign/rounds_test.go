package assign_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/partitions/internal/assign"
)

func checkTopicsError(t *testing.T, err error, topics map[string]int32) {
	t.Helper()
	var unequal *assign.TopicsError
	if !errors.As(err, &unequal) || !maps.Equal(unequal.Partitions, topics) {
		t.Fatalf("%v of topics %v", err, topics)
	}
	for topic, count := range topics {
		if want := fmt.Sprintf("%s has %d", topic, count); !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say that %s", err, want)
		}
	}
}

// changes lets members come, go and change their weight at random, calling settled after each change and its rounds.
func changes(t *rapid.T, settled func(g *group, rounds int)) {
	shards := rapid.Int32Range(1, 40).Draw(t, "shards")
	g := &group{topics: map[string]int32{"in": shards, "more": shards}, standbys: rapid.IntRange(0, 3).Draw(t, "standbys")}
	for range rapid.IntRange(1, 12).Draw(t, "changes") {
		change := rapid.SampledFrom([]string{"join", "join", "leave", "weight", "late"}).Draw(t, "change")
		at := rapid.IntRange(0, max(len(g.members)-1, 0)).Draw(t, "member")
		switch {
		case len(g.members) == 0 || change == "join":
			g.join(t, assign.Node{
				ID: rapid.StringMatching("[a-f]").Draw(t, "id"), Weight: rapid.IntRange(0, 3).Draw(t, "weight"),
				Zone: rapid.StringMatching("[xyz]?").Draw(t, "zone"),
				Warm: rapid.MapOfN(rapid.Int32Range(0, shards+1), rapid.Int64Range(0, 1<<40), 0, 9).Draw(t, "warm"),
			})
		case change == "leave" && len(g.members) > 1:
			g.leave(at)
		case change == "weight":
			g.members[at].node.Weight = rapid.IntRange(0, 3).Draw(t, "weight")
		case change == "late": // and the next change comes before it has joined again
			g.round(t, g.members[at])
			continue
		}
		rounds := 1
		for g.round(t) {
			if rounds++; rounds > 10 {
				t.Fatal("the group does not settle")
			}
		}
		settled(g, rounds)
	}
}

func TestNobodyOwnsTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		changes(t, func(g *group, _ int) { // round has looked for two owners at every step
			for i, m := range g.members {
				if !reflect.DeepEqual(m.owned["in"], m.owned["more"]) {
					t.Fatalf("member %d owns %v of one topic and %v of the other", i, m.owned["in"], m.owned["more"])
				}
				if !reflect.DeepEqual(m.owned["in"], m.plan.Owned(m.plan.Index(m.id))) {
					t.Fatalf("member %d owns %v, its plan says %v", i, m.owned["in"], m.plan)
				}
			}
		})
	})
}

func TestSettlesInTwoRounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		changes(t, func(g *group, rounds int) {
			if rounds > 2 {
				t.Fatalf("settled after %d rounds", rounds)
			}
			weights := 0
			for _, m := range g.members {
				weights += m.node.Weight
			}
			for shard := range g.topics["in"] {
				if _, owned := g.members[0].plan.Owner(shard); owned != (weights > 0) {
					t.Fatalf("shard %d owned: %v, with weights of %d", shard, owned, weights)
				}
			}
		})
	})
}

func TestSharesByWeight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		changes(t, func(g *group, _ int) {
			weights := 0
			for _, m := range g.members {
				weights += m.node.Weight
			}
			for _, m := range g.members {
				share := float64(int(g.topics["in"])*m.node.Weight) / float64(max(weights, 1))
				if owns := float64(len(m.owned["in"])); owns <= share-1 || owns >= share+1 {
					t.Fatalf("%s with weight %d of %d owns %v, its share is %v", m.id, m.node.Weight, weights, owns, share)
				}
			}
		})
	})
}

// TestDeterministic asks for the same round twice, by different leaders.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		changes(t, func(g *group, _ int) {
			first, err := g.balance()
			if err != nil {
				t.Fatal(err)
			}
			g.generation--
			g.members = append(g.members[1:], g.members[0])
			second, err := g.balance()
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(first, second) {
				t.Fatal("the same members gave two plans")
			}
			for _, m := range g.members {
				before := m.balancer.JoinGroupMetadata(m.topics, m.owned, m.joined)
				m.node.Warm = maps.Clone(m.node.Warm)
				if after := m.balancer.JoinGroupMetadata(m.topics, m.owned, m.joined); string(after) != string(before) {
					t.Fatal("the same node joined with other bytes")
				}
			}
		})
	})
}
