package assign

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

var (
	// ErrForeign is for what was not written by this package, or was damaged.
	ErrForeign = errors.New("assign: not written by millrace")
	// ErrNewer is for what was written by a version that this one can no longer read.
	ErrNewer = errors.New("assign: written by a newer millrace that this one cannot read")
	// ErrRebalancing is for a group whose coordinator shows no assignments now. Ask again.
	ErrRebalancing = errors.New("assign: the group is rebalancing")
	// ErrNoMembers is for a group without members.
	ErrNoMembers = errors.New("assign: the group has no members")
)

// MemberError says which member of the group cannot be understood. While it stays in the group, nothing is assigned.
type MemberError struct {
	MemberID string // begins with its Kafka client id
	Err      error
}

func (e *MemberError) Error() string {
	return fmt.Sprintf("assign: group member %q: %v", e.MemberID, e.Err)
}

// Unwrap returns the reason.
func (e *MemberError) Unwrap() error { return e.Err }

// TopicsError says that the topics of a group cannot be owned by shard: they differ in their number of partitions, or
// one has none, or one has too many.
type TopicsError struct {
	Partitions map[string]int32 // by topic
}

func (e *TopicsError) Error() string {
	var counts []string
	for _, topic := range slices.Sorted(maps.Keys(e.Partitions)) {
		counts = append(counts, fmt.Sprintf("%s has %d", topic, e.Partitions[topic]))
	}
	return fmt.Sprintf("assign: all topics of a group must have the same number of partitions, 1 to %d: %s", maxShards, strings.Join(counts, ", "))
}
