//go:build synctests

package partitions_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/internal/line"
)

var (
	seeds = flag.Int("seeds", simulatedSeeds, "how many seeds the simulation runs")
	first = flag.Uint64("seed", 1, "the first seed of the simulation")
	quick = flag.Bool("until-failure", false, "leave the other seeds out once one has failed")
)

// TestSimulation runs groups through crashes, pauses, rebalances and broker faults on virtual time, and counts.
func TestSimulation(t *testing.T) {
	t.Parallel()
	var failed atomic.Bool
	for i := range uint64(*seeds) {
		seed := *first + i
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			if *quick && failed.Load() {
				return
			}
			synctest.Test(t, func(t *testing.T) { simulate(t, seed) })
			if t.Failed() {
				failed.Store(true)
				t.Logf("run again with: go test -tags synctests ./partitions -run TestSimulation -seeds 1 -seed %d", seed)
			}
		})
	}
}

type simulation struct {
	*world
	random  *rand.Rand
	nodes   map[int]*simulated
	ending  sync.WaitGroup
	sent    map[string]int64
	started int
	copies  int
	event   bus.Event[deposit]
}

type simulated struct {
	line    *line.Line
	stop    context.CancelFunc
	stalled bool
}

const (
	simulatedNodes    = 3
	simulatedAccounts = 8
	simulatedSteps    = 25
)

func simulate(t *testing.T, seed uint64) {
	t.Helper()
	s := &simulation{
		world: newWorld(t), random: rand.New(rand.NewPCG(seed, seed)),
		nodes: make(map[int]*simulated), sent: make(map[string]int64),
		copies: int(seed % 2), event: deposited,
	}
	if seed%3 == 0 {
		s.event = s.stored()
	}
	defer s.end()
	for i := range simulatedNodes {
		s.launch(i)
	}
	for range simulatedSteps {
		s.publish()
		s.act()
		<-time.After(time.Duration(s.random.IntN(2000)) * time.Millisecond)
	}
	s.heal()
	s.check()
	for _, n := range s.nodes {
		n.stop()
	}
	s.ending.Wait()
}

func (s *simulation) launch(i int) {
	n := &simulated{line: line.New(s.network.DialContext)}
	ctx, stop := context.WithCancel(s.t.Context())
	n.stop = stop
	s.nodes[i] = n
	s.started++
	name := fmt.Sprintf("node-%d", s.started)
	s.ending.Go(func() {
		b, err := bus.Open(ctx, "kafka://"+s.cluster.ListenAddrs()[0], bus.Dialer(n.line.Open), logged())
		for err != nil && ctx.Err() == nil && !n.line.IsCut() {
			b, err = bus.Open(ctx, "kafka://"+s.cluster.ListenAddrs()[0], bus.Dialer(n.line.Open), logged())
		}
		if err != nil {
			return
		}
		defer b.Close()
		g, err := tokens(b, name, s.event, partitions.Standbys(s.copies))
		if err == nil {
			err = g.Run(ctx)
		}
		if err != nil && ctx.Err() == nil && !n.line.IsCut() {
			s.t.Errorf("%s: %v", name, err)
		}
	})
}

// act does something to a node or a broker.
func (s *simulation) act() {
	i := s.random.IntN(simulatedNodes)
	n := s.nodes[i]
	switch action := s.random.IntN(9); {
	case n == nil:
		s.launch(i)
	case n.stalled:
		n.line.Flow()
		n.stalled = false
	case action == 0:
		n.stop()
		delete(s.nodes, i)
	case action == 1 && !s.stable():
		s.evict()
	case action == 1:
		n.line.Cut()
		n.stop()
		delete(s.nodes, i)
	case action <= 3:
		n.line.Stall()
		n.stalled = true
	case action == 4:
		s.cluster.ShufflePartitionLeaders()
	case action == 5:
		s.cluster.RehashCoordinators()
	default:
		s.fault()
	}
}

// faults are what brokers may answer for a moment.
var faults = []struct {
	key  kmsg.Key
	errs []*kerr.Error
}{
	{kmsg.Produce, []*kerr.Error{kerr.NotLeaderForPartition}},
	{kmsg.TxnOffsetCommit, []*kerr.Error{kerr.CoordinatorLoadInProgress, kerr.NotCoordinator}},
	{kmsg.EndTxn, []*kerr.Error{kerr.CoordinatorLoadInProgress, kerr.ConcurrentTransactions, kerr.NotCoordinator}},
	{kmsg.OffsetFetch, []*kerr.Error{kerr.CoordinatorLoadInProgress, kerr.NotCoordinator}},
	{kmsg.InitProducerID, []*kerr.Error{kerr.CoordinatorLoadInProgress, kerr.ConcurrentTransactions}},
	{kmsg.Heartbeat, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorNotAvailable}},
}

func (s *simulation) fault() {
	f := faults[s.random.IntN(len(faults))]
	s.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{f.key}, Err: f.errs[s.random.IntN(len(f.errs))], Count: 1 + s.random.IntN(2)})
}

// stable says whether no member waits for the group: the test's broker never misses one that was cut off while it joins.
func (s *simulation) stable() bool {
	info := s.cluster.GroupInfo("ledger")
	return info != nil && info.State == "Stable"
}

// evict takes all members out of the group, who then join anew. The test's broker needs it: a member whose connection is
// gone when its join is answered has no session timeout there.
func (s *simulation) evict() {
	client, err := s.bus.Client()
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	info := s.cluster.GroupInfo("ledger")
	if info == nil || len(info.Members) == 0 {
		return
	}
	leaving := kmsg.NewPtrLeaveGroupRequest()
	leaving.Group = "ledger"
	for _, m := range info.Members {
		member := kmsg.NewLeaveGroupRequestMember()
		member.MemberID = m.MemberID
		leaving.Members = append(leaving.Members, member)
	}
	if _, err := leaving.RequestWith(s.t.Context(), client); err != nil {
		s.t.Fatal(err)
	}
}

func (s *simulation) heal() {
	s.evict()
	for i := range simulatedNodes {
		switch n := s.nodes[i]; {
		case n == nil:
			s.launch(i)
		case n.stalled:
			n.line.Flow()
		}
	}
}
