package outbox

import (
	"context"
	"sync"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// report is what a relay has told its group of itself, for those who ask from outside. Nothing is decided by it.
type report struct {
	Node        string        `json:"node"`
	Table       string        `json:"table"`
	Polled      bool          `json:"polled,omitempty"`
	At          time.Time     `json:"at"`
	Since       time.Time     `json:"since"`
	Working     bool          `json:"working"`
	Halted      bool          `json:"halted,omitempty"`
	Err         string        `json:"error,omitempty"`
	Rate        float64       `json:"rate"`
	Behind      time.Duration `json:"behind"`
	Published   int64         `json:"published"`
	DeadLetters int64         `json:"dead_letters,omitzero"`
}

// reports are the relays' of a group, by the names of their slots, in the shards of their checkpoints.
var reports = partitions.NewTable[string, report]("outbox.reports")

const (
	// reportPause is between two reports of numbers, reportSoon between two of anything.
	reportPause = 5 * time.Second
	reportSoon  = 500 * time.Millisecond
)

// tell reports in the background while the lease stands: what has changed, numbers not as often. It returns what waits
// for its end.
func (r *Relay) tell(ctx context.Context, lease *partitions.Lease) (wait func()) {
	var telling sync.WaitGroup
	telling.Go(func() {
		ticker := time.NewTicker(reportSoon)
		defer ticker.Stop()
		last := report{Since: time.Now()}
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-ticker.C:
				last = r.tellAnew(ctx, lease, last, now)
			}
		}
	})
	return telling.Wait
}

// tellAnew commits a report that says more than the last one, and returns the one that stands.
func (r *Relay) tellAnew(ctx context.Context, lease *partitions.Lease, last report, now time.Time) report {
	s := r.Status()
	next := report{
		Node: request.From(ctx).Shard.Node, Table: r.table, Polled: r.polled, At: last.At, Since: last.Since,
		Working: s.Working, Halted: s.Halted, Rate: s.Rate, Behind: s.Behind, Published: s.Published, DeadLetters: s.DeadLetters,
	}
	if s.Err != nil {
		next.Err = s.Err.Error()
	}
	turned := next.Working != last.Working || next.Halted != last.Halted || next.Err != last.Err
	if next == last || !turned && now.Sub(last.At) < reportPause {
		return last
	}
	next.At = now
	err := lease.Do(ctx, func(tx *partitions.Tx) error {
		reports.Put(tx, r.slot, next)
		return nil
	})
	if err != nil {
		if ctx.Err() == nil {
			r.logger.DebugContext(ctx, "the relay's report was not written", "slot", r.slot, "error", err)
		}
		return last
	}
	return next
}
