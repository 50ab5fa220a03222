package partitionstest

import (
	"strconv"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Step is a kind of request by which a node changes or reads what is durable: the key of Kafka's protocol. Any other
// key can be one too.
type Step int16

// The steps of a group, in the order in which they come.
const (
	// JoinGroup and SyncGroup: the node joins, or a rebalance goes on.
	JoinGroup Step = 11
	SyncGroup Step = 14
	// FetchOffsets: the node learns from where a shard goes on.
	FetchOffsets Step = 9
	// OpenProducer: producers are opened, and those of dead nodes fenced.
	OpenProducer Step = 22
	// Produce: claims, rows and messages of a transaction are written. There may be several to one transaction.
	Produce Step = 0
	// CommitOffsets: the offsets become part of the transaction.
	CommitOffsets Step = 28
	// EndTransaction: it is committed or aborted.
	EndTransaction Step = 26
	// LeaveGroup: the node leaves in good order.
	LeaveGroup Step = 13
)

// String is Kafka's name of the request.
func (s Step) String() string {
	if name := kmsg.NameForKey(int16(s)); name != "" {
		return name
	}
	return "request " + strconv.Itoa(int(s))
}

// writes says whether the step writes to a transaction or ends it.
func (s Step) writes() bool { return s == Produce || s == CommitOffsets || s == EndTransaction }
