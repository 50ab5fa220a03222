package partitions

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/partitions/internal/assign"
)

const (
	// strangersWait bounds one look, and is how long after a failed one the next is.
	strangersWait = 2 * time.Second
	// strangerAge is how long a transaction must have been open: whoever has just joined may not be in this node's plan yet.
	strangerAge = transactionTimeout / 2
)

// watchStrangers aborts transactions that nodes have left open which are members no more, as long as a plan holds, until none
// can be left. The last owner's are named by its offsets; a claim that was never committed has no such mark, and would hold
// whoever takes the shard next until the brokers abort it, seconds after its time-out.
func (e *engine) watchStrangers(ctx context.Context) {
	plan := e.plan.Load()
	if plan == nil || e.strangers.Swap(plan.Generation) == plan.Generation {
		return
	}
	for began := time.Now(); ctx.Err() == nil && e.plan.Load() == plan && time.Since(began) < 2*transactionTimeout; {
		looked := time.Now()
		err := e.fenceStrangers(ctx, plan)
		switch {
		case err != nil:
			e.logger.WarnContext(ctx, "partitions: transactions that dead nodes have left open may be missed; looking again",
				"group", e.config.name, "error", err)
		case looked.Sub(began) >= strangerAge: // what is younger was begun under this plan
			return
		}
		wait(ctx, max(strangersWait, strangerAge-time.Since(began)))
	}
}

func (e *engine) fenceStrangers(ctx context.Context, plan *assign.Plan) error {
	ctx, cancel := context.WithTimeout(ctx, strangersWait)
	defer cancel()
	left, err := e.leftOpen(ctx, func(id string) bool {
		rest, ours := strings.CutPrefix(id, e.config.name+".")
		if !ours || strings.HasPrefix(id, e.prefix+"/") {
			return false
		}
		same := 0
		for _, m := range plan.Members {
			if strings.HasPrefix(rest, m.ID+".") {
				same++
			}
		}
		// An earlier run of this node, under the same name, is no member.
		return same == 0 || same == 1 && strings.HasPrefix(rest, e.config.node+".")
	})
	var fencing errgroup.Group // one that fails does not end the others
	fencing.SetLimit(8)
	for _, id := range left {
		fencing.Go(func() error {
			err := fenceID(ctx, e.bus, id)
			if err == nil {
				e.logger.InfoContext(ctx, "partitions: a transaction that a dead node has left open is aborted", "group", e.config.name, "id", id)
			}
			return err
		})
	}
	return errors.Join(err, fencing.Wait())
}

// leftOpen are the transactional ids of old open transactions on this group's changelog, of those that are meant.
func (e *engine) leftOpen(ctx context.Context, meant func(id string) bool) ([]string, error) {
	listed, err := e.admin.ListTransactions(ctx, nil, []string{"Ongoing"})
	ids := slices.DeleteFunc(listed.TransactionalIDs(), func(id string) bool { return !meant(id) })
	if len(ids) == 0 {
		return nil, err //nolint:wrapcheck // it is only logged
	}
	described, failed := e.admin.DescribeTransactions(ctx, ids...)
	return slices.DeleteFunc(ids, func(id string) bool {
		t := described[id]
		return t.TxnID == "" || t.Err != nil || len(t.Topics[e.changelog]) == 0 || time.Since(time.UnixMilli(t.StartTimestamp)) < strangerAge
	}), errors.Join(err, failed)
}
