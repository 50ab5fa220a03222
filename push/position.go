package push

import (
	"errors"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/bus"
)

// position is how far a client has read: for each partition of the broadcast topic the offset up to which it has
// everything of its channels. The epoch is the topic's incarnation; offsets of another one mean nothing.
//
// Its text is the event id: the epoch, then "-partition.offset" for each partition, all in base 36.
//
// That of a hub with [Interest] says nothing of partitions that it lacks, and its text has a point and the number of the topic's partitions behind
// the epoch, by which it is known where its channels were.
type position struct {
	epoch   string
	count   int // of the topic's partitions; 0 where it says all there is to say
	offsets map[bus.Partition]int64
}

var errPosition = errors.New("push: event id is not one that this server gave out")

const (
	base           = 36
	maxPartitions  = 1024
	positionLength = 16 << 10
)

func epochOf(topicID string) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(topicID)) // a hash takes everything
	return strconv.FormatUint(uint64(hash.Sum32()), base)
}

func (p position) String() string {
	text := []byte(p.epoch)
	if p.count > 0 {
		text = append(text, '.')
		text = strconv.AppendInt(text, int64(p.count), base)
	}
	var few [64]bus.Partition
	partitions := few[:0]
	for partition := range p.offsets {
		partitions = append(partitions, partition)
	}
	slices.Sort(partitions)
	for _, partition := range partitions {
		text = append(text, '-')
		text = strconv.AppendInt(text, int64(partition), base)
		text = append(text, '.')
		text = strconv.AppendInt(text, p.offsets[partition]+1, base)
	}
	return string(text)
}

func parsePosition(text string) (position, error) {
	if len(text) > positionLength {
		return position{}, errPosition
	}
	parts := strings.Split(text, "-")
	epoch, counted, selective := strings.Cut(parts[0], ".")
	if hash, err := strconv.ParseUint(epoch, base, 32); err != nil || strconv.FormatUint(hash, base) != epoch {
		return position{}, errPosition
	}
	count, err := strconv.ParseUint(counted, base, 32)
	if selective && (err != nil || count < 1 || count > maxPartitions) {
		return position{}, errPosition
	}
	p := position{epoch: epoch, count: int(count), offsets: make(map[bus.Partition]int64, len(parts)-1)}
	for _, part := range parts[1:] {
		partition, next, found := strings.Cut(part, ".")
		number, err := strconv.ParseInt(partition, base, 32)
		offset, errOffset := strconv.ParseInt(next, base, 64)
		if !found || err != nil || errOffset != nil || number < 0 || number >= maxPartitions || offset < 0 {
			return position{}, errPosition
		}
		p.offsets[bus.Partition(number)] = offset - 1
	}
	if p.String() != text {
		return position{}, errPosition
	}
	return p, nil
}

// at is the offset up to which everything of the partition is known; -1 where nothing is.
func (p position) at(partition bus.Partition) int64 {
	if offset, ok := p.offsets[partition]; ok {
		return offset
	}
	return -1
}

// behind says whether other is ahead of p in the same topic.
func (p position) behind(other position) bool {
	if p.epoch != other.epoch {
		return false
	}
	for partition, offset := range other.offsets {
		if p.at(partition) < offset {
			return true
		}
	}
	return false
}

// union is as far as p or other has come in each partition.
func (p position) union(other position) position {
	u := p.clone()
	for partition, offset := range other.offsets {
		u.offsets[partition] = max(u.at(partition), offset)
	}
	return u
}

// only is p in some partitions; nil means all. It is false where p says nothing of one of them.
func (p position) only(partitions []bus.Partition) (some position, all bool) {
	if partitions == nil {
		return p.clone(), true
	}
	some = position{epoch: p.epoch, count: p.count, offsets: make(map[bus.Partition]int64, len(partitions))}
	for _, partition := range partitions {
		offset, ok := p.offsets[partition]
		if !ok {
			return position{}, false
		}
		some.offsets[partition] = offset
	}
	return some, true
}

func (p position) clone() position {
	return position{epoch: p.epoch, count: p.count, offsets: maps.Clone(p.offsets)}
}
