//go:build synctests

package push

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestWritesAreTimed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const limit = 10 * time.Second
		ours, theirs := net.Pipe()
		defer func() { _ = theirs.Close() }()
		wire := &timed{Conn: ours, limit: limit, began: time.Now()}
		for range 100 { // each has its time, however long after the last one
			go func() { _, _ = io.CopyN(io.Discard, theirs, 1) }()
			if _, err := wire.Write([]byte("a")); err != nil {
				t.Fatal(err)
			}
			<-time.After(limit * 2 / 3)
		}
		began := time.Now()
		_, err := wire.Write([]byte("a"))
		if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took < limit || took > limit*3/2 {
			t.Errorf("after %s: %v", took, err)
		}
	})
}
