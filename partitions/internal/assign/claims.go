package assign

import "github.com/twmb/franz-go/pkg/kmsg"

// claims are what members say that they own.
type claims struct {
	shards int
	topics map[string][][]claim // for each topic and shard
}

type claim struct {
	member     int
	generation int32
}

func newClaims(topics map[string]int32) claims {
	c := claims{topics: make(map[string][][]claim, len(topics))}
	for topic, partitions := range topics {
		c.shards = int(partitions)
		c.topics[topic] = make([][]claim, partitions)
	}
	return c
}

// add notes what a member owns, leaving out what does not exist. Members are added one after the other.
func (c claims) add(member int, meta *kmsg.ConsumerMemberMetadata) {
	for _, owned := range meta.OwnedPartitions {
		shards := c.topics[owned.Topic]
		for _, shard := range owned.Partitions {
			if shard < 0 || int(shard) >= len(shards) {
				continue
			}
			if held := shards[shard]; len(held) == 0 || held[len(held)-1].member != member {
				shards[shard] = append(held, claim{member, meta.Generation})
			}
		}
	}
}

// holders returns for each shard its owner until now: who claims it in the highest generation, of several who claims most
// of its topics, of these the first.
func (c claims) holders() []int {
	type standing struct {
		generation int32
		topics     int
	}
	holders := make([]int, c.shards)
	for shard := range holders {
		tally, best := map[int]standing{}, None
		for _, shards := range c.topics {
			for _, claim := range shards[shard] {
				have, ok := tally[claim.member]
				if !ok {
					have.generation = claim.generation
				}
				tally[claim.member] = standing{have.generation, have.topics + 1}
			}
		}
		for member, has := range tally {
			lead := tally[best]
			if best == None || has.generation > lead.generation ||
				(has.generation == lead.generation && (has.topics > lead.topics || (has.topics == lead.topics && member < best))) {
				best = member
			}
		}
		holders[shard] = best
	}
	return holders
}

// free tells whether a member may own a shard at once: nobody else has a part of it that the member does not have too, and
// as recently. Otherwise it must wait until the others have given it up.
func (c claims) free(shard, member int) bool {
	for _, shards := range c.topics {
		own, others := None, false
		var newest int32
		for i, claim := range shards[shard] {
			if claim.member == member {
				own = i
				continue
			}
			if !others || claim.generation > newest {
				others, newest = true, claim.generation
			}
		}
		if others && (own == None || shards[shard][own].generation < newest) {
			return false
		}
	}
	return true
}
