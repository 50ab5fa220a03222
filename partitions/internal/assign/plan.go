package assign

import (
	"fmt"
	"slices"
)

// Limits of a plan.
const (
	maxShards   = 1 << 16
	maxMembers  = 1 << 12
	maxStandbys = 16
)

// None stands for a member where there is none.
const None = -1

// Plan says which member owns which shard in one generation of the group. Members are named by their index in Members.
type Plan struct {
	Generation int32
	Members    []Member // by node id, then member id
	Owners     []int    // for each shard its owner, or None while it moves or while no member has a weight
	Heirs      []int    // for each shard that is moving the member that will own it, else None
	Standbys   [][]int  // for each shard those that keep a warm copy, the best first; never its owner or heir
}

// Shards is the number of shards.
func (p Plan) Shards() int { return len(p.Owners) }

// Owner returns a shard's owner. It is false while the shard has none, or where there is no such shard.
func (p Plan) Owner(shard int32) (Member, bool) { return p.member(p.Owners, shard) }

// Heir returns the member that will own a moving shard. It is false for a shard that does not move.
func (p Plan) Heir(shard int32) (Member, bool) { return p.member(p.Heirs, shard) }

func (p Plan) member(of []int, shard int32) (Member, bool) {
	if shard < 0 || int(shard) >= len(of) || of[shard] == None {
		return Member{}, false
	}
	return p.Members[of[shard]], true
}

// Index returns the index of the member that the coordinator named so, or None.
func (p Plan) Index(memberID string) int {
	for i, member := range p.Members {
		if member.MemberID == memberID {
			return i
		}
	}
	return None
}

// Owned returns the shards that a member owns, in order.
func (p Plan) Owned(member int) (shards []int32) {
	for shard, owner := range p.Owners {
		if owner == member && member != None {
			shards = append(shards, int32(shard))
		}
	}
	return shards
}

// check holds for every plan that is sent or was received.
func (p Plan) check() error {
	shards, members := len(p.Owners), len(p.Members)
	if shards > maxShards || members > maxMembers || len(p.Heirs) != shards || len(p.Standbys) != shards {
		return fmt.Errorf("a plan of %d shards, %d heirs, %d standby lists and %d members", shards, len(p.Heirs), len(p.Standbys), members)
	}
	ids := make(map[string]bool, members)
	for _, member := range p.Members {
		if err := member.check(); err != nil {
			return err
		}
		if ids[member.MemberID] {
			return fmt.Errorf("the plan lists member %q twice", member.MemberID)
		}
		ids[member.MemberID] = true
	}
	for shard, owner := range p.Owners {
		heir, standbys := p.Heirs[shard], p.Standbys[shard]
		if !inRange(owner, members) || !inRange(heir, members) || (owner != None && heir != None) || len(standbys) > maxStandbys {
			return fmt.Errorf("shard %d has owner %d, heir %d and %d standbys of %d members", shard, owner, heir, len(standbys), members)
		}
		for i, standby := range standbys {
			if standby == None || !inRange(standby, members) || standby == owner || standby == heir || slices.Contains(standbys[:i], standby) {
				return fmt.Errorf("shard %d has standby %d, owner %d and heir %d of %d members", shard, standby, owner, heir, members)
			}
		}
	}
	return nil
}

func inRange(member, members int) bool { return member >= None && member < members }
