package assign_test

import (
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/partitions/internal/assign"
)

// FuzzJoin lets anything join a group of two honest members.
func FuzzJoin(f *testing.F) {
	own := newBalancer(f).JoinGroupMetadata([]string{"in"}, map[string][]int32{"in": {0, 3}}, 7)
	f.Add(own)
	f.Add(joined([]byte("MRN\x01\x01\x00\x01\x01a\x06\x05\x02\x01\x03\x04\x05")))
	f.Add([]byte{0, 1, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, metadata []byte) {
		b := newBalancer(t)
		assigned, err := lead(b, 8, []kmsg.JoinGroupResponseMember{
			{MemberID: "a", ProtocolMetadata: own}, {MemberID: "b", ProtocolMetadata: own}, {MemberID: "c", ProtocolMetadata: metadata},
		}, map[string]int32{"in": 4})
		var member *assign.MemberError
		var topics *assign.TopicsError
		if errors.As(err, &member) && member.MemberID == "c" || errors.As(err, &topics) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range assigned {
			if _, err := b.ParseSyncAssignment(a.MemberAssignment); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzSync lets anything come from a group's leader.
func FuzzSync(f *testing.F) {
	own := newBalancer(f).JoinGroupMetadata([]string{"in"}, nil, 7)
	assigned, err := lead(newBalancer(f), 8, []kmsg.JoinGroupResponseMember{
		{MemberID: "a", ProtocolMetadata: own}, {MemberID: "b", ProtocolMetadata: own},
	}, map[string]int32{"in": 4})
	if err != nil {
		f.Fatal(err)
	}
	for _, a := range assigned {
		f.Add(a.MemberAssignment)
	}
	f.Fuzz(func(t *testing.T, assignment []byte) {
		var seen assign.Plan
		b, err := assign.New(func() assign.Node { return node("a", 1) }, 0, func(p assign.Plan) { seen = p })
		if err != nil {
			t.Fatal(err)
		}
		own, err := b.ParseSyncAssignment(assignment)
		if err != nil {
			if !errors.Is(err, assign.ErrForeign) && !errors.Is(err, assign.ErrNewer) {
				t.Fatal(err)
			}
			return
		}
		for _, shards := range own {
			for _, shard := range shards {
				if _, ok := seen.Owner(shard); !ok {
					t.Fatalf("shard %d of %v has no owner", shard, own)
				}
			}
		}
	})
}
