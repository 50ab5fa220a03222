package line

import (
	"encoding/binary"
	"slices"
	"testing"
)

func TestFrames(t *testing.T) {
	t.Parallel()
	var stream []byte
	for correlation, rest := range []int{0, 5, 300, 1} {
		stream = binary.BigEndian.AppendUint32(stream, uint32(4+rest))
		stream = binary.BigEndian.AppendUint32(stream, uint32(correlation))
		stream = append(stream, make([]byte, rest)...)
	}
	for piece := 1; piece <= len(stream); piece++ {
		var f frames
		var seen []int32
		for part := range slices.Chunk(stream, piece) {
			seen = slices.AppendSeq(seen, f.begun(part))
		}
		if !slices.Equal(seen, []int32{0, 1, 2, 3}) {
			t.Fatalf("in pieces of %d bytes the answers are %v", piece, seen)
		}
	}
}
