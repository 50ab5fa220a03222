//go:build synctests

package partitions_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// TestAwait waits for rows of two nodes: on their owner, elsewhere, and where the shard leaves meanwhile.
func TestAwait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		first, second := w.open(), w.open()
		defer first.Close()
		defer second.Close()
		one, balance, err := w.ledger(first, "one")
		if err != nil {
			t.Fatal(err)
		}
		other, _, err := w.ledger(second, "two")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := balance.Await(t.Context(), one, "a0", "a0"); !errors.Is(err, partitions.ErrNotRunning) {
			t.Errorf("before the group runs: %v", err)
		}
		stopOne := start(t, one)
		<-time.After(10 * time.Second)

		type got struct {
			balance int64
			err     error
		}
		await := func(ctx context.Context, shard, key string) <-chan got {
			is := make(chan got, 1)
			go func() {
				n, err := balance.Await(ctx, one, shard, key)
				is <- got{n, err}
			}()
			synctest.Wait()
			return is
		}
		waits := func(is <-chan got) {
			t.Helper()
			select {
			case early := <-is:
				t.Errorf("there is %+v before anything was written", early)
			default:
			}
		}
		leaving, cancel := context.WithCancel(t.Context())
		several := []<-chan got{await(t.Context(), "a0", "a0"), await(t.Context(), "a0", "a0"), await(t.Context(), "a1", "a1")}
		impatient := await(leaving, "a0", "a0")
		for _, is := range several {
			waits(is)
		}
		cancel()
		if is := <-impatient; !errors.Is(is.err, context.Canceled) {
			t.Errorf("who does not wait any longer is told %+v", is)
		}
		w.deposit(2, 1)
		for _, is := range several {
			if is := <-is; is.err != nil || is.balance != 1 {
				t.Errorf("who waited for a row is told %+v", is)
			}
		}
		if is := <-await(t.Context(), "a1", "a1"); is.err != nil || is.balance != 1 {
			t.Errorf("of a row that is there: %+v", is)
		}
		stranger := partitions.NewTable[string, int64]("stranger")
		if _, err := stranger.Await(t.Context(), one, "a0", "a0"); err == nil || errors.Is(err, partitions.ErrNotOwner) {
			t.Errorf("of a table of another group: %v", err)
		}

		never := make(map[string]<-chan got)
		for _, key := range accounts {
			never[key] = await(t.Context(), key, "never/"+key)
		}
		stopOther := start(t, other)
		<-time.After(10 * time.Second)
		theirs, mine := account(t, one, false), account(t, one, true)
		for key, is := range never {
			if owner, _, err := one.Owner(key); err != nil || owner.Self {
				waits(is)
				continue
			}
			if is := <-is; !errors.Is(is.err, partitions.ErrNotOwner) {
				t.Errorf("whose shard left meanwhile is told %+v", is)
			}
		}
		if is := <-await(t.Context(), theirs, theirs); !errors.Is(is.err, partitions.ErrNotOwner) {
			t.Errorf("of another node's shard: %+v", is)
		}
		stopOne()
		if is := <-never[mine]; is.err == nil {
			t.Errorf("of a node that has stopped: %+v", is)
		}
		stopOther()
	})
}

// forgetful is a connection that loses what is answered from an end of a transaction on, while it is to.
type forgetful struct {
	net.Conn

	loses *atomic.Bool
	lost  atomic.Bool
}

func (f *forgetful) Write(b []byte) (int, error) {
	if len(b) > 5 && int16(binary.BigEndian.Uint16(b[4:])) == int16(kmsg.EndTxn) && f.loses.Load() {
		f.lost.Store(true)
	}
	return f.Conn.Write(b)
}

func (f *forgetful) Read(b []byte) (int, error) {
	for {
		if n, err := f.Conn.Read(b); err != nil || !f.lost.Load() {
			return n, err
		}
	}
}

// TestAwaitUncertain waits for a row whose transaction is committed without the node's being told: it takes its shards anew, and nobody who waits
// is forgotten.
func TestAwaitUncertain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		var loses atomic.Bool
		b := w.open(bus.Dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := w.network.DialContext(ctx, network, address)
			return &forgetful{Conn: conn, loses: &loses}, err
		}))
		defer b.Close()
		g, balance, err := w.ledger(b, "one")
		if err != nil {
			t.Fatal(err)
		}
		defer start(t, g)()
		<-time.After(10 * time.Second)
		ended := make(chan error, 1)
		began := time.Now()
		go func() {
			_, err := balance.Await(t.Context(), g, "a0", "a0")
			ended <- err
		}()
		synctest.Wait()
		loses.Store(true)
		w.deposit(1, 1)
		time.AfterFunc(11*time.Second, func() { loses.Store(false) }) // later than the node gives up
		if err := <-ended; !errors.Is(err, partitions.ErrNotOwner) || time.Since(began) > 12*time.Second {
			t.Errorf("after %s who waits is told %v", time.Since(began), err)
		}
		<-time.After(10 * time.Second)
		if got, err := balance.Await(t.Context(), g, "a0", "a0"); err != nil || got != 1 {
			t.Errorf("afterwards there is %d, %v", got, err)
		}
	})
}
