package assign

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Sections of a plan.
const (
	planGeneration = iota + 1
	planMember     // once for each, in order
	planOwners
	planHeirs // only of the shards that move
	planStandbys
)

// broadcast encodes a plan, without what its members have warm.
func broadcast(p Plan) []byte {
	body := section(nil, planGeneration, binary.AppendUvarint(nil, uint64(max(p.Generation, 0))))
	for _, member := range p.Members {
		member.Warm = nil
		body = section(body, planMember, section(appendNode(nil, member.Node), nodeMember, []byte(member.MemberID)))
	}
	owners := binary.AppendUvarint(nil, uint64(len(p.Owners)))
	var heirs, standbys []byte
	most := 0
	for shard, owner := range p.Owners {
		owners = appendIndex(owners, owner)
		if heir := p.Heirs[shard]; heir != None {
			heirs = appendIndex(binary.AppendUvarint(heirs, uint64(shard)), heir)
		}
		most = max(most, len(p.Standbys[shard]))
		standbys = binary.AppendUvarint(standbys, uint64(len(p.Standbys[shard])))
		for _, standby := range p.Standbys[shard] {
			standbys = appendIndex(standbys, standby)
		}
	}
	body = section(body, planOwners, owners)
	if len(heirs) > 0 {
		body = section(body, planHeirs, heirs)
	}
	if most > 0 {
		body = section(body, planStandbys, standbys)
	}
	return seal(kindPlan, body)
}

// appendIndex appends a member's index, None as zero.
func appendIndex(to []byte, member int) []byte {
	return binary.AppendUvarint(to, uint64(member+1)) //nolint:gosec // None is -1
}

// receive decodes a plan.
func receive(userData []byte) (Plan, error) {
	body, err := unseal(kindPlan, userData)
	if err != nil {
		return Plan{}, err
	}
	var p Plan
	var heirs, standbys reader
	r := &reader{rest: body}
	r.sections(func(tag int, content *reader) {
		switch tag {
		case planGeneration:
			p.Generation = int32(content.number(math.MaxInt32)) //nolint:gosec // within the limit
		case planMember:
			if len(p.Members) == maxMembers {
				content.fail("too many members")
				return
			}
			p.Members = append(p.Members, readMember(content))
		case planOwners:
			p.Owners = make([]int, content.count(maxShards))
			for shard := range p.Owners {
				p.Owners[shard] = content.number(maxMembers) - 1
			}
		case planHeirs:
			heirs = *content
		case planStandbys:
			standbys = *content
		default: // of a newer version
		}
	})
	p.readHeirs(&heirs)
	p.readStandbys(&standbys)
	for _, err := range []error{r.err, heirs.err, standbys.err} {
		if err != nil {
			return Plan{}, err
		}
	}
	if err := p.check(); err != nil {
		return Plan{}, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	return p, nil
}

func (p *Plan) readHeirs(r *reader) {
	p.Heirs = make([]int, len(p.Owners))
	for shard := range p.Heirs {
		p.Heirs[shard] = None
	}
	for len(r.rest) > 0 {
		shard, heir := r.number(maxShards-1), r.number(maxMembers)-1
		if shard >= len(p.Heirs) {
			r.fail("an heir of no shard")
			return
		}
		p.Heirs[shard] = heir
	}
}

func (p *Plan) readStandbys(r *reader) {
	p.Standbys = make([][]int, len(p.Owners))
	if len(r.rest) == 0 {
		return
	}
	for shard := range p.Standbys {
		n := r.count(maxStandbys)
		for range n {
			p.Standbys[shard] = append(p.Standbys[shard], r.number(maxMembers)-1)
		}
	}
}
