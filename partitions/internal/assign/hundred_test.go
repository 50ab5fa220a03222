package assign_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/partitions/internal/assign"
)

// TestHundredNodes balances a large group, and adds up what Kafka must keep of it in one record of 1 MiB at most.
func TestHundredNodes(t *testing.T) {
	t.Parallel()
	g := &group{topics: map[string]int32{"outbox.event.account": 1000, "outbox.event.transfer": 1000, "ledger-repartition": 1000}, standbys: 1}
	enter := func(i int) {
		m := g.join(t, assign.Node{
			ID: fmt.Sprintf("ledger-%s-%05d", uuid.NewString()[:9], i), Address: fmt.Sprintf("10.2.%d.%d:8080", i, 255-i), Weight: 1,
			Zone: fmt.Sprintf("eu-central-1%c", 'a'+i%3), Rack: fmt.Sprintf("ip-10-2-%d-7.eu-central-1.compute.internal", i),
		})
		m.id = "ledger-" + uuid.NewString()
	}
	for i := range 100 {
		enter(i)
	}
	rounds := 0
	settle := func() {
		rounds++
		for g.round(t) {
			rounds++
		}
	}
	settle()
	for range 5 { // all standbys are warm, and the group rolls
		for _, m := range g.members {
			m.node.Warm = map[int32]int64{}
			at := m.plan.Index(m.id)
			for shard, standbys := range m.plan.Standbys {
				if len(standbys) > 0 && standbys[0] == at {
					m.node.Warm[int32(shard)] = int64(shard)
				}
			}
		}
		g.leave(0)
		settle()
		enter(g.joins)
		settle()
	}
	each := g.spent / time.Duration(rounds)
	assigned, err := g.balance()
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for i, m := range g.members {
		size += 200 + len(assigned[i].MemberAssignment) + len(m.balancer.JoinGroupMetadata(m.topics, m.owned, m.joined))
	}
	t.Logf("%d rounds of %s; the group's record has %d bytes", rounds, each, size)
	if each > 5*time.Second {
		t.Errorf("a round took %s", each)
	}
	if size > 1<<20 {
		t.Errorf("the group's record has %d bytes", size)
	}
}
