package partitions

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// form is how a table's values are stored: as the codec writes them, or behind two bytes of formMark, the version and
// the Unix time in milliseconds at which they expire, 0 for never, both unsigned varints.
type form struct {
	version int
	upgrade func(from int, stored []byte) ([]byte, error)
	ttl     time.Duration
}

const formMark = "\x00M"

var errForm = errors.New("the stored value is damaged")

func (f *form) plain() bool { return f.version == 0 && f.ttl == 0 }

// seal is the stored form of what the codec has written.
func (f *form) seal(value []byte, now time.Time) []byte {
	if f.plain() {
		return value
	}
	expires := uint64(0)
	if f.ttl > 0 {
		expires = uint64(now.Add(f.ttl).UnixMilli())
	}
	sealed := append(make([]byte, 0, len(value)+16), formMark...) //nolint:mnd // room for what stands before
	sealed = binary.AppendUvarint(sealed, uint64(f.version))      //nolint:gosec // not negative
	return append(binary.AppendUvarint(sealed, expires), value...)
}

// open takes a value out of its stored form, in the table's version. It is nil when the value has expired.
func (f *form) open(stored []byte, now time.Time) ([]byte, error) {
	version, value := 0, stored
	if !f.plain() {
		var expires uint64
		var err error
		if version, expires, value, err = parseForm(stored); err != nil || expired(expires, now) {
			return nil, err
		}
	}
	if version > f.version {
		return nil, fmt.Errorf("it was stored in version %d, and this one reads versions up to %d", version, f.version)
	}
	for ; version < f.version; version++ {
		var err error
		if value, err = f.upgrade(version, value); err != nil {
			return nil, fmt.Errorf("upgrade from version %d: %w", version, err)
		}
	}
	if value == nil {
		value = []byte{}
	}
	return value, nil
}

func expired(expires uint64, now time.Time) bool {
	return expires != 0 && expires <= uint64(now.UnixMilli())
}

// parseForm reads any stored value: one without the mark is of version 0 and never expires.
func parseForm(stored []byte) (version int, expires uint64, value []byte, err error) {
	if len(stored) < len(formMark) || string(stored[:len(formMark)]) != formMark {
		return 0, 0, stored, nil
	}
	rest := stored[len(formMark):]
	number, n := binary.Uvarint(rest)
	if n <= 0 || number > 1<<31 {
		return 0, 0, nil, errForm
	}
	rest = rest[n:]
	if expires, n = binary.Uvarint(rest); n <= 0 {
		return 0, 0, nil, errForm
	}
	return int(number), expires, rest[n:], nil
}
