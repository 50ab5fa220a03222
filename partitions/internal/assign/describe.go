package assign

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// Describe returns the plan of a group as its coordinator tells it to anybody who asks, with what its members had warm when
// they joined.
//
// Errors: [ErrNoMembers]; [ErrRebalancing], after which one asks again; [ErrForeign] for a group of another protocol;
// [ErrNewer]; or the coordinator's own error.
func Describe(group kadm.DescribedGroup) (Plan, error) {
	if errors.Is(group.Err, kerr.GroupIDNotFound) {
		return Plan{}, fmt.Errorf("%w: %s", ErrNoMembers, group.Group)
	}
	if group.Err != nil {
		return Plan{}, fmt.Errorf("assign: describe group %s: %w", group.Group, group.Err)
	}
	switch {
	case len(group.Members) == 0:
		return Plan{}, fmt.Errorf("%w: %s", ErrNoMembers, group.Group)
	case group.State != "Stable":
		return Plan{}, fmt.Errorf("%w: %s", ErrRebalancing, group.Group)
	case group.Protocol != Protocol:
		return Plan{}, fmt.Errorf("%w: group %s balances with %q", ErrForeign, group.Group, group.Protocol)
	}
	var plan Plan
	for i, member := range group.Members {
		assigned, ok := member.Assigned.AsConsumer()
		if !ok {
			return Plan{}, &MemberError{member.MemberID, fmt.Errorf("%w: no assignment", ErrForeign)}
		}
		got, err := receive(assigned.UserData)
		if err != nil {
			return Plan{}, &MemberError{member.MemberID, err}
		}
		if i == 0 || got.Generation > plan.Generation {
			plan = got
		}
	}
	for _, member := range group.Members {
		joined, ok := member.Join.AsConsumer()
		if at := plan.Index(member.MemberID); ok && at != None {
			node, err := heed(joined.UserData)
			if err != nil {
				return Plan{}, &MemberError{member.MemberID, err}
			}
			plan.Members[at].Warm = node.Warm
		}
	}
	return plan, nil
}
