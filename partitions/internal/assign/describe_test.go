package assign_test

import (
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/millrace/millrace/partitions/internal/assign"
)

func TestDescribeErrors(t *testing.T) {
	t.Parallel()
	one := []kadm.DescribedGroupMember{{MemberID: "one"}}
	for name, c := range map[string]struct {
		group kadm.DescribedGroup
		want  error
	}{
		"not allowed":    {kadm.DescribedGroup{Err: kerr.GroupAuthorizationFailed}, kerr.GroupAuthorizationFailed},
		"nobody":         {kadm.DescribedGroup{State: "Empty", Protocol: assign.Protocol}, assign.ErrNoMembers},
		"never was":      {kadm.DescribedGroup{Err: kerr.GroupIDNotFound}, assign.ErrNoMembers},
		"not there":      {kadm.DescribedGroup{State: "Dead"}, assign.ErrNoMembers},
		"rebalancing":    {kadm.DescribedGroup{State: "PreparingRebalance", Members: one}, assign.ErrRebalancing},
		"other protocol": {kadm.DescribedGroup{State: "Stable", Protocol: "range", Members: one}, assign.ErrForeign},
		"other type":     {kadm.DescribedGroup{State: "Stable", Protocol: assign.Protocol, Members: one}, assign.ErrForeign},
	} {
		if plan, err := assign.Describe(c.group); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v, want %v", name, plan, err, c.want)
		}
	}
}
