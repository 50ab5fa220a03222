package admin

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"math"
	"strings"
)

// digest is the same for rows that look the same.
func digest(rows []entry) string {
	sum := fnv.New128a()
	var number [8]byte
	text := func(s string) {
		binary.LittleEndian.PutUint64(number[:], uint64(len(s)))
		_, _ = sum.Write(number[:])
		_, _ = sum.Write([]byte(s))
	}
	for _, e := range rows {
		text(e.id)
		for _, c := range e.cells {
			text(c.text)
			text(string(c.tone))
			if c.has {
				binary.LittleEndian.PutUint64(number[:], math.Float64bits(c.number))
				_, _ = sum.Write(number[:])
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// version is the same while the row's states are: of what else a row has much changes without any meaning for what can be done with it.
func (e entry) version() string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(e.id + e.states()))
	return hex.EncodeToString(sum.Sum(nil))
}

// states are the row's, as a viewer reads them.
func (e entry) states() string {
	var text strings.Builder
	for _, c := range e.cells {
		if c.kind == KindState {
			text.WriteString(": " + c.text)
		}
	}
	return text.String()
}
