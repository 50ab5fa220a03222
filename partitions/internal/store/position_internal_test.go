package store

import (
	"errors"
	"testing"
	"time"
)

func FuzzPosition(f *testing.F) {
	f.Add(Position{}.encode())
	f.Add(Position{Next: 1 << 40, Epoch: -1, Token: -1, Topic: [16]byte{1}, Written: time.Unix(1, 2)}.encode())
	f.Add([]byte{positionVersion + 1})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		position, err := parsePosition(content)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
				t.Error(err)
			}
			return
		}
		if written := position.encode(); string(written) != string(content) || position.plain() != position {
			t.Errorf("%x was read as %x", content, written)
		}
	})
}
