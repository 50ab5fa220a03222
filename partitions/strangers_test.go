//go:build synctests

package partitions_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/internal/line"
)

// TestUnfinishedClaim kills a node while its first claims are open, with transactions that brokers would keep open for a
// minute. Nothing but the brokers knows of them, and whoever takes the shards then must not wait for that minute.
func TestUnfinishedClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		w.cluster.ControlKey(int16(kmsg.InitProducerID), func(asked kmsg.Request) (kmsg.Response, error, bool) {
			w.cluster.KeepControl()
			asked.(*kmsg.InitProducerIDRequest).TransactionTimeoutMillis = 60_000
			return nil, nil, false
		})
		own := line.New(w.network.DialContext)
		first, second := w.open(bus.Dialer(own.Open)), w.open()
		defer first.Close()
		defer second.Close()
		dies, _, err := w.ledger(first, "dies")
		if err != nil {
			t.Fatal(err)
		}
		died := make(chan time.Time, 1)
		own.Set(&line.Tripwire{
			Counts: func(request int16) bool { return request == int16(kmsg.EndTxn) }, Left: 1,
			Hit: func(int16) { own.Cut(); died <- time.Now() },
		})
		stop := start(t, dies)
		at := <-died
		w.deposit(len(accounts), 2)
		lives, _, err := w.ledger(second, "lives")
		if err != nil {
			t.Fatal(err)
		}
		defer start(t, lives)()
		w.follow(len(accounts), 2)
		w.awaitHandled()
		if took := time.Since(at); took > 12*time.Second {
			t.Errorf("the shards stood still for %s", took)
		}
		stop()
	})
}
