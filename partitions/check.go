package partitions

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/millrace/millrace/observe"
	"github.com/millrace/millrace/partitions/internal/assign"
)

// CheckOption changes what [Group.Check] asks.
type CheckOption interface{ applyCheck(*groupCheck) }

type checkOption func(*groupCheck)

func (f checkOption) applyCheck(c *groupCheck) { f(c) }

// EachRestore lets the check fail also later, while a shard of this node has had no state for longer than d. 0 is at once,
// and takes a node out at each rebalance that gives it shards. The check is critical then: it takes nodes out that are given up, too.
func EachRestore(d time.Duration) CheckOption {
	return checkOption(func(c *groupCheck) { c.each, c.within = true, d })
}

// Check is a health check, "group" and the group's name. It fails
//
//   - while the group does not run, and until this node is in it;
//   - after the coordinator has given this node up, as a node that stood still, or has not answered for longer than a rebalance takes,
//     until it has joined again;
//   - until all shards that fell to this node at first have their state: a startup probe waits for that restore.
//
// It does not fail while shards of later rebalances are restored, unless [EachRestore] says so: other keys are served
// meanwhile, requests for those wait or are forwarded, and a node that is taken out for that would leave its load to others,
// which are about to restore too. A node that owns nothing is well.
//
// It is asked for the start. A node that is given up later is most often one of all, whose cluster is away: each still answers what needs no shard,
// and joins again by itself.
func (g *Group) Check(opts ...CheckOption) observe.Check {
	c := &groupCheck{group: g}
	for _, opt := range opts {
		opt.applyCheck(c)
	}
	criticality := observe.Startup
	if c.each {
		criticality = observe.Critical
	}
	return observe.Check{Name: "group " + g.config.name, Ask: c.ask, Criticality: criticality}
}

// groupCheck remembers what a group's check has seen.
type groupCheck struct {
	group  *Group
	each   bool
	within time.Duration

	mu       sync.Mutex
	restored bool      // all shards had their state once
	since    time.Time // when some have had none, zero while all have one
}

var (
	errNotJoined = errors.New("the group has not been joined yet")
	errGivenUp   = errors.New("the group has given this node up, and it joins again")
)

func (c *groupCheck) ask(context.Context) error {
	e, err := c.group.running()
	if err != nil {
		return err
	}
	in := e.gate.passed()
	switch {
	case e.givenUp.Load():
		return errGivenUp
	case in.member == "":
		return errNotJoined
	case e.trust.lapsed() > rebalanceTimeout: // nothing is heard during a rebalance
		return fmt.Errorf("the group has not answered for %s, and will have given this node up", e.trust.lapsed().Round(time.Second))
	}
	shards, rows, err := e.lacking(in)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if shards == 0 {
		c.restored, c.since = true, time.Time{}
		return nil
	}
	if c.since.IsZero() {
		c.since = time.Now()
	}
	if c.restored && (!c.each || time.Since(c.since) < c.within) {
		return nil
	}
	return fmt.Errorf("%d shards of this node have no state yet; %d changelog records are to be read", shards, rows)
}

// lacking counts the shards that this node owns, or will after the rebalance that is under way, and that are not live, and
// what is known of how much of their changelogs is to be read.
func (e *engine) lacking(in membership) (shards int, rows int64, err error) {
	plan := e.plan.Load()
	if plan == nil {
		return 0, 0, errNotJoined
	}
	self := plan.Index(in.member)
	if self == assign.None {
		return 0, 0, errNotJoined
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, owner := range plan.Owners {
		if owner != self && plan.Heirs[id] != self {
			continue
		}
		s := e.shards[int32(id)]
		if s != nil && Phase(s.phase.Load()) == PhaseLive {
			continue
		}
		if shards++; s != nil {
			rows += s.lag.Load()
		}
	}
	return shards, rows, nil
}
