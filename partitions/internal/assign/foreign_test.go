package assign_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/partitions/internal/assign"
)

func newBalancer(t fatal) *assign.Balancer {
	t.Helper()
	b, err := assign.New(func() assign.Node { return node("one", 1) }, 1, func(assign.Plan) {})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// joined is the metadata of a member with this user data.
func joined(userData []byte) []byte {
	meta := kmsg.NewConsumerMemberMetadata()
	meta.Version, meta.Topics, meta.UserData = 2, []string{"in"}, userData
	return meta.AppendTo(nil)
}

func TestForeignMembers(t *testing.T) {
	t.Parallel()
	b := newBalancer(t)
	own := b.JoinGroupMetadata([]string{"in"}, nil, -1)
	for name, bad := range map[string]struct {
		metadata []byte
		want     error
	}{
		"nothing":          {nil, assign.ErrForeign},
		"not a consumer":   {[]byte("hello"), assign.ErrForeign},
		"cut off":          {own[:len(own)-9], assign.ErrForeign},
		"no user data":     {joined(nil), assign.ErrForeign},
		"sticky user data": {kgo.CooperativeStickyBalancer().JoinGroupMetadata([]string{"in"}, nil, 3), assign.ErrForeign},
		"no id":            {joined([]byte("MRN\x01\x01\x00")), assign.ErrForeign},
		"a plan":           {joined([]byte("MRP\x01\x01\x00")), assign.ErrForeign},
		"great weight":     {joined([]byte("MRN\x01\x01\x00\x01\x01a\x05\x03\xff\xff\x7f")), assign.ErrForeign},
		"great shard":      {joined([]byte("MRN\x01\x01\x00\x01\x01a\x06\x05\x01\xff\xff\x7f\x00")), assign.ErrForeign},
		"long list":        {joined([]byte("MRN\x01\x01\x00\x01\x01a\x06\x05\xff\xff\x03\x01\x01")), assign.ErrForeign},
		"not UTF-8":        {joined([]byte("MRN\x01\x01\x00\x01\x01\xff")), assign.ErrForeign},
		"bad compression":  {joined([]byte("MRN\x01\x01\x01\xff\xff\xff")), assign.ErrForeign},
		"far newer":        {joined([]byte("MRN\x09\x08\x00")), assign.ErrNewer},
	} {
		_, err := lead(b, 1, []kmsg.JoinGroupResponseMember{
			{MemberID: "good-1", ProtocolMetadata: own}, {MemberID: "stranger-1", ProtocolMetadata: bad.metadata},
		}, map[string]int32{"in": 4})
		var member *assign.MemberError
		if !errors.As(err, &member) || member.MemberID != "stranger-1" || !errors.Is(err, bad.want) || !strings.Contains(err.Error(), "stranger-1") {
			t.Errorf("%s: %v, want %v of stranger-1", name, err, bad.want)
		}
	}
}

func TestForeignLeader(t *testing.T) {
	t.Parallel()
	g := &group{topics: map[string]int32{"in": 4}}
	g.join(t, node("a", 1))
	g.join(t, node("b", 1))
	assigned, err := g.balance()
	if err != nil {
		t.Fatal(err)
	}
	other := func(change func(a *kmsg.ConsumerMemberAssignment)) []byte {
		var a kmsg.ConsumerMemberAssignment
		if err := a.ReadFrom(assigned[0].MemberAssignment); err != nil {
			t.Fatal(err)
		}
		change(&a)
		return a.AppendTo(nil)
	}
	for name, bad := range map[string]struct {
		assignment []byte
		want       error
	}{
		"nothing":        {nil, assign.ErrForeign},
		"no plan":        {other(func(a *kmsg.ConsumerMemberAssignment) { a.UserData = nil }), assign.ErrForeign},
		"newer plan":     {other(func(a *kmsg.ConsumerMemberAssignment) { a.UserData = []byte("MRP\x03\x03\x00") }), assign.ErrNewer},
		"cut off":        {other(func(a *kmsg.ConsumerMemberAssignment) { a.UserData = a.UserData[:len(a.UserData)-1] }), assign.ErrForeign},
		"another's part": {other(func(a *kmsg.ConsumerMemberAssignment) { a.Topics[0].Partitions = []int32{0, 1, 2, 3} }), assign.ErrForeign},
		"no such shard":  {other(func(a *kmsg.ConsumerMemberAssignment) { a.Topics[0].Partitions = []int32{4} }), assign.ErrForeign},
		"negative shard": {other(func(a *kmsg.ConsumerMemberAssignment) { a.Topics[0].Partitions = []int32{-1} }), assign.ErrForeign},
	} {
		if got, err := newBalancer(t).ParseSyncAssignment(bad.assignment); !errors.Is(err, bad.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	ignore := func(assign.Plan) {}
	for name, bad := range map[string]func() (*assign.Balancer, error){
		"no node": func() (*assign.Balancer, error) { return assign.New(nil, 0, ignore) },
		"no taker": func() (*assign.Balancer, error) {
			return assign.New(func() assign.Node { return node("a", 1) }, 0, nil)
		},
		"many standbys": func() (*assign.Balancer, error) {
			return assign.New(func() assign.Node { return node("a", 1) }, 17, ignore)
		},
		"no id": func() (*assign.Balancer, error) {
			return assign.New(func() assign.Node { return node("", 1) }, 0, ignore)
		},
		"weight": func() (*assign.Balancer, error) {
			return assign.New(func() assign.Node { return node("a", -1) }, 0, ignore)
		},
	} {
		if b, err := bad(); err == nil {
			t.Errorf("%s: %v", name, b)
		}
	}
	m := node("a", 1)
	b, err := assign.New(func() assign.Node { return m }, 0, ignore)
	if err != nil {
		t.Fatal(err)
	}
	before := b.JoinGroupMetadata(nil, nil, 1)
	m.Weight = 1 << 20
	if !bytes.Equal(before, b.JoinGroupMetadata(nil, nil, 1)) {
		t.Error("a node that became invalid was sent")
	}
}
