package locks

import (
	"encoding/binary"
	"hash/fnv"
)

// sum stands for the session in the digest of a state.
func (s *session) sum() uint64 {
	return sum([]string{"session", s.id, s.owner}, int64(s.lease), s.seen, s.last)
}

// sum stands for the request in the digest of a state.
func (r *request) sum() uint64 {
	return sum(append([]string{"request", r.session.id}, r.names...), r.number, r.token)
}

func sum(texts []string, numbers ...int64) uint64 {
	hash := fnv.New64a()
	var buffer []byte
	for _, text := range texts {
		buffer = binary.AppendUvarint(buffer, uint64(len(text)))
		buffer = append(buffer, text...)
	}
	for _, number := range numbers {
		buffer = binary.AppendVarint(buffer, number)
	}
	_, _ = hash.Write(buffer)
	return hash.Sum64()
}

const remembered = 8192

// recent remembers the digests of the last offsets, against which snapshots are held.
type recent struct {
	offsets, digests []int64
}

func (r *recent) note(next int64, digest uint64) {
	if r.offsets == nil {
		r.offsets, r.digests = make([]int64, remembered), make([]int64, remembered)
	}
	r.offsets[next%remembered], r.digests[next%remembered] = next, int64(digest) //nolint:gosec // bits
}

// at is the digest of the fold of everything before an offset, where it is still known.
func (r *recent) at(next int64) (digest int64, known bool) {
	if r.offsets == nil || r.offsets[next%remembered] != next {
		return 0, false
	}
	return r.digests[next%remembered], true
}
