package partitions

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/partitions/internal/assign"
)

const (
	leaveTimeout     = 10 * time.Second
	rebalanceTimeout = 30 * time.Second
)

// member keeps this node in the consumer group until ctx ends. The group's client only keeps membership: what it is
// assigned is fetched by the lanes, from offsets that are read after the last owner was fenced.
func (e *engine) member(ctx context.Context) error {
	c := e.config
	balancer, err := assign.New(e.self, c.standbys, e.planned)
	if err != nil {
		return err
	}
	client, err := e.bus.Client(
		kgo.ConsumerGroup(c.name),
		kgo.ConsumeTopics(e.inputs...),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.Balancers(balancer),
		kgo.DisableAutoCommit(),
		kgo.SessionTimeout(c.session),
		kgo.RequestTimeoutOverhead(brokerPatience),
		kgo.HeartbeatInterval(c.heartbeat),
		kgo.RebalanceTimeout(rebalanceTimeout),
		kgo.OnPartitionsAssigned(func(ctx context.Context, client *kgo.Client, added map[string][]int32) {
			var m membership
			m.member, m.generation = client.GroupMetadata()
			e.joined.Store(client)
			e.assigned(ctx, m, numbers(added))
		}),
		kgo.OnPartitionsRevoked(func(ctx context.Context, _ *kgo.Client, gone map[string][]int32) {
			e.leave(ctx, numbers(gone))
			e.gate.reopen(handlerBudget + c.heartbeat) // longer than members take that are well
		}),
		kgo.OnPartitionsLost(func(ctx context.Context, _ *kgo.Client, _ map[string][]int32) {
			e.givenUp.Store(true)
			e.trust.lose()
			e.leave(ctx, e.owned())
		}),
		kgo.WithHooks(membershipHook{e}, e.trust),
	)
	if err != nil {
		return err
	}
	client.PauseFetchTopics(e.inputs...)
	<-ctx.Done()
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := client.LeaveGroupContext(leaving); err != nil {
		e.logger.WarnContext(leaving, "partitions: the group was not left in time; others take over after the session timeout",
			"group", c.name, "error", err)
	}
	client.Close()
	return nil
}

// assigned begins with shards that are new, and anew with those that this node has kept while it became another member:
// the group gave it up while it joined, and they may have been another node's meanwhile. The client says nothing of that.
func (e *engine) assigned(ctx context.Context, m membership, added []int32) {
	if kept := e.owned(); len(kept) > 0 && e.gate.another(m) {
		e.logger.WarnContext(ctx, "partitions: the group has given this node up meanwhile; its shards are taken anew", "group", e.config.name)
		e.leave(ctx, kept)
		added = append(added, kept...)
	}
	e.gate.pass(m)
	e.givenUp.Store(false)
	e.own(added)
}

// leave ends the leases of shards, waits for running transactions and gives the shards up.
func (e *engine) leave(ctx context.Context, ids []int32) {
	for _, id := range ids {
		if s := e.shard(id); s != nil {
			e.trust.revoke(s)
		}
	}
	e.gate.shut(ctx)
	if err := e.disown(ids); err != nil {
		e.fail(err)
	}
}

// planned learns who owns what.
func (e *engine) planned(p assign.Plan) {
	e.plan.Store(&p)
	e.watchers.tell()
	e.arrange()
	if p.Shards() != e.count {
		e.fail(e.grown(e.count, p.Shards()))
	}
}

// numbers are the partitions of any of the topics, each once.
func numbers(partitions map[string][]int32) []int32 {
	set := make(map[int32]struct{})
	for _, ids := range partitions {
		for _, id := range ids {
			set[id] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// membershipHook hears why the group's client has to join anew.
type membershipHook struct{ engine *engine }

// OnGroupManageError is called by the client, which goes on by itself.
func (h membershipHook) OnGroupManageError(err error) {
	h.engine.logger.Warn("partitions: membership failed; joining again", "group", h.engine.config.name, "error", err)
	if fatal := memberError(err); fatal != nil {
		h.engine.fail(fmt.Errorf("join: %w", fatal))
	}
}
