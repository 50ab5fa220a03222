package outbox

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/partitions"
)

// checkpoint says what a relay has published. It is committed in one Kafka transaction with the records that it counts.
type checkpoint struct {
	Log  logPosition `json:"log,omitzero"`
	Rows pollRows    `json:"rows,omitempty"`
}

// logPosition is a place in a server's write-ahead log. Every transaction that ends at End or before is published, and of
// the one that commits at Commit, if any, the first Changes changes, the last of them at Change. The last transaction of
// which something is published commits at Last, and did so at the time LastAt. Where that is 0, nothing is known of what
// is before Last. Of what is between Last and End nothing was to be published.
type logPosition struct {
	System   string `json:"system"`
	Timeline int32  `json:"timeline"`
	End      LSN    `json:"end"`
	Commit   LSN    `json:"commit,omitzero"`
	Changes  int    `json:"changes,omitzero"`
	Change   LSN    `json:"change,omitzero"`
	Last     LSN    `json:"last,omitzero"`
	LastAt   int64  `json:"last_at,omitzero"` // microseconds of Unix time
}

// reach is where the part of the log ends that has been read before.
func (p logPosition) reach() LSN { return max(p.End, p.Last) }

// beyond says whether a log that ends there has less than was read.
func (p logPosition) beyond(end LSN) bool { return end < p.reach() || p.LastAt != 0 && end == p.Last }

// whole is the position without a transaction that is published in part.
func (p logPosition) whole(end LSN) logPosition {
	return logPosition{System: p.System, Timeline: p.Timeline, End: end, Last: p.Last, LastAt: p.LastAt}
}

// checkpoints are the relays' of a group, by the names of their slots. A row lives in the shard of the relay's singleton.
var checkpoints = partitions.NewTable[string, checkpoint]("outbox")

// read returns the committed checkpoint. It is read in a transaction of the shard, so that no earlier one of this relay
// is undecided any more.
func (r *Relay) read(ctx context.Context, lease *partitions.Lease) (checkpoint, error) {
	var at checkpoint // is still written by a transaction that is not waited for any more
	err := lease.Do(ctx, func(tx *partitions.Tx) error {
		at, _ = checkpoints.Get(tx, r.slot)
		return nil
	})
	if err != nil {
		return checkpoint{}, fmt.Errorf("read the checkpoint: %w", err)
	}
	return at, nil
}
