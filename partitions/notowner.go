package partitions

import (
	"errors"
	"fmt"

	"github.com/millrace/millrace/resilience"
)

// ErrNotOwner is found in the error of what was asked of a shard that this node does not own, or no longer.
var ErrNotOwner = errors.New("partitions: this node does not own the shard")

// NotOwnerError says who is to be asked instead. It matches [ErrNotOwner], and its class is transient: the shard may be
// on its way here, or not be restored yet.
type NotOwnerError struct {
	Shard int32
	// Owner is the zero Node while the shard moves.
	Owner Node
}

func (e *NotOwnerError) Error() string {
	switch {
	case e.Owner.ID == "":
		return fmt.Sprintf("partitions: shard %d has no owner at the moment", e.Shard)
	case e.Owner.Self:
		return fmt.Sprintf("partitions: shard %d is not ready on this node yet", e.Shard)
	}
	return fmt.Sprintf("partitions: shard %d is owned by %s at %q", e.Shard, e.Owner.ID, e.Owner.Address)
}

// Is says that it is [ErrNotOwner].
func (*NotOwnerError) Is(target error) bool { return target == ErrNotOwner }

// Class is transient.
func (*NotOwnerError) Class() resilience.Class { return resilience.ClassTransient }

// live is the key's shard, if it is handled here.
func (e *engine) live(key string) (*shard, error) {
	id := e.shardOf([]byte(key))
	if s := e.shard(id); s != nil && Phase(s.phase.Load()) == PhaseLive {
		return s, nil
	}
	return nil, e.elsewhere(id)
}

func (e *engine) elsewhere(shard int32) error {
	owner, _ := e.owner(shard)
	return &NotOwnerError{Shard: shard, Owner: owner}
}
