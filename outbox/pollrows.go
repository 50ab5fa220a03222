package outbox

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// pollRows are rows that are published and perhaps not yet deleted: for each the id, and the distance of its seq to the
// one before as a varint. Both are kept, so that no other row is ever taken for one of them.
type pollRows []byte

// with is the rows and one more, which has a larger seq. last is the seq of the last of them.
func (p pollRows) with(id string, seq, last int64) (pollRows, error) {
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(raw) != idBytes {
		return p, fmt.Errorf("%w: the id %q is no UUID", ErrTable, id)
	}
	return binary.AppendUvarint(append(p, raw...), uint64(seq-last)), nil //nolint:gosec // seqs grow
}

const idBytes = 16

var errCut = fmt.Errorf("%w: the checkpoint is cut off", errMalformed)

// hold says whether the row is one of them.
func (p pollRows) hold(seq int64, id string) bool {
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	for at := int64(0); err == nil && len(p) > idBytes && at < seq; {
		step, n := binary.Uvarint(p[idBytes:])
		if at += int64(step); at == seq && string(p[:idBytes]) == string(raw) { //nolint:gosec // it was made of a seq
			return true
		}
		p = p[idBytes+max(n, 1):]
	}
	return false
}

// arrays are the rows as PostgreSQL's text of a bigint[] and a uuid[], and their first and last seq.
func (p pollRows) arrays() (seqs, ids, first, last string, err error) {
	var numbers, texts strings.Builder
	seq := int64(0)
	for mark := byte('{'); len(p) > 0; mark = ',' {
		if len(p) <= idBytes {
			return "", "", "", "", errCut
		}
		step, n := binary.Uvarint(p[idBytes:])
		if n <= 0 {
			return "", "", "", "", errCut
		}
		seq += int64(step) //nolint:gosec // it was made of a seq
		if last = strconv.FormatInt(seq, 10); first == "" {
			first = last
		}
		numbers.WriteByte(mark)
		numbers.WriteString(last)
		texts.WriteByte(mark)
		texts.WriteString(hex.EncodeToString(p[:idBytes]))
		p = p[idBytes+n:]
	}
	return numbers.String() + "}", texts.String() + "}", first, last, nil
}
