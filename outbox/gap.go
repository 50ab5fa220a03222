package outbox

import (
	"fmt"

	"github.com/millrace/millrace/resilience"
)

// GapError says that committed rows may not reach Kafka if the relay went on: those that committed after After and
// before Before, which is 0 where nobody knows. The relay stops until it is told to go on by [AcceptGap]. It matches
// [ErrSlot], and its class is permanent.
type GapError struct {
	Slot   string
	After  LSN
	Before LSN
	Reason string
}

func (e *GapError) Error() string {
	before := ""
	if e.Before != 0 {
		before = " and before " + e.Before.String()
	}
	return fmt.Sprintf("%v %s: %s. Rows that committed after %s%s may be missing in Kafka. Find them and publish them again if they were "+
		"kept, then let the relay go on with outbox.AcceptGap(%#x), or millrace relay --accept-gap %s",
		ErrSlot, e.Slot, e.Reason, e.After, before, uint64(e.After), e.After)
}

// Is says that it is [ErrSlot].
func (e *GapError) Is(target error) bool { return target == ErrSlot }

// Class is permanent.
func (e *GapError) Class() resilience.Class { return resilience.ClassPermanent }

// AcceptGap lets a relay go on that stopped with a [GapError], whose After it is given: a slot that was lost is made
// anew, one that was read by others is gone on with as it stands. It means that one gap. Once the relay has gone on, the
// option says nothing any more and may stay.
//
// On a server that runs on from an older copy of its disk, the relay goes on from where the slot stands in that copy: events
// that were committed between there and the copy come again, under the same ids.
func AcceptGap(after LSN) RelayOption { return relayOption(func(r *Relay) { r.accepted = &after }) }
