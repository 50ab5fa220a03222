package line

import (
	"encoding/binary"
	"iter"
)

// frames follows the answers on a connection: each a size, a correlation id and the rest.
type frames struct {
	head [8]byte
	have int
	rest int
}

// begun yields the correlation ids of the answers whose heads end in b, the stream's next bytes.
func (f *frames) begun(b []byte) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for len(b) > 0 {
			if f.rest > 0 {
				n := min(f.rest, len(b))
				f.rest -= n
				b = b[n:]
				continue
			}
			n := copy(f.head[f.have:], b)
			f.have += n
			b = b[n:]
			if f.have < len(f.head) {
				return
			}
			f.have = 0
			f.rest = int(binary.BigEndian.Uint32(f.head[:])) - 4
			if !yield(int32(binary.BigEndian.Uint32(f.head[4:]))) { //nolint:gosec // as it is encoded
				return
			}
		}
	}
}
