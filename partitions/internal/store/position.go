package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// Position says how far a shard's local state has come. Positions can be compared with ==.
type Position struct {
	// Next is the changelog offset to read next.
	Next int64
	// Epoch is the leader epoch of the record before Next, -1 when unknown: it tells a truncated changelog.
	Epoch int32
	// Token is the fencing token of the claim under which the state was written.
	Token int64
	// Topic is the topic id of the changelog: offsets of another one mean nothing.
	Topic [16]byte
	// Written is the wall time of the Apply, to the nanosecond; stores return it in UTC.
	Written time.Time
}

const (
	positionVersion = 1
	positionSize    = 1 + 8 + 4 + 8 + 16 + 8
	noTime          = math.MinInt64
)

// plain is the position as reading it back gives it.
func (p Position) plain() Position {
	if !p.Written.IsZero() {
		p.Written = time.Unix(0, p.Written.UnixNano()).UTC()
	}
	return p
}

// encode writes the version, then big-endian: Next, Epoch, Token, Topic, Written in Unix nanoseconds.
func (p Position) encode() []byte {
	written := int64(noTime)
	if !p.Written.IsZero() {
		written = p.Written.UnixNano()
	}
	b := append(make([]byte, 0, positionSize), positionVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(p.Next))  //nolint:gosec // the bits are what is kept
	b = binary.BigEndian.AppendUint32(b, uint32(p.Epoch)) //nolint:gosec // the bits are what is kept
	b = binary.BigEndian.AppendUint64(b, uint64(p.Token)) //nolint:gosec // the bits are what is kept
	b = append(b, p.Topic[:]...)
	return binary.BigEndian.AppendUint64(b, uint64(written)) //nolint:gosec // the bits are what is kept
}

func parsePosition(b []byte) (Position, error) {
	if len(b) > 0 && b[0] > positionVersion {
		return Position{}, fmt.Errorf("%w: position version %d, this one knows %d", ErrNewer, b[0], positionVersion)
	}
	if len(b) != positionSize || b[0] != positionVersion {
		return Position{}, fmt.Errorf("%w: a position of %d bytes", ErrDamaged, len(b))
	}
	p := Position{
		Next:  int64(binary.BigEndian.Uint64(b[1:])),  //nolint:gosec // the bits are what is kept
		Epoch: int32(binary.BigEndian.Uint32(b[9:])),  //nolint:gosec // the bits are what is kept
		Token: int64(binary.BigEndian.Uint64(b[13:])), //nolint:gosec // the bits are what is kept
		Topic: [16]byte(b[21:37]),
	}
	if written := int64(binary.BigEndian.Uint64(b[37:])); written != noTime { //nolint:gosec // the bits are what is kept
		p.Written = time.Unix(0, written).UTC()
	}
	return p, nil
}
