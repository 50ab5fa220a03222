//go:build synctests

package partitions_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/internal/line"
)

// TestUnfinishedClaim kills a node while its first claims are open, with transactions that brokers would keep open for a
// minute. Nothing but the brokers knows of them, and whoever takes the shards then must not wait for that minute.
func TestUnfinishedClaim(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		session time.Duration
		fails   int64
	}{"plain": {session: 10 * time.Second}, "short session": {session: 2 * time.Second}, "look fails": {session: 10 * time.Second, fails: 3}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { unfinishedClaim(t, c.session, c.fails) })
		})
	}
}

func unfinishedClaim(t *testing.T, session time.Duration, fails int64) {
	t.Helper()
	w := newWorld(t, kfake.BrokerConfigs(map[string]string{"group.min.session.timeout.ms": "1000"}))
	defer w.end()
	var left atomic.Int64
	w.cluster.ControlKey(int16(kmsg.ListTransactions), func(asked kmsg.Request) (kmsg.Response, error, bool) {
		w.cluster.KeepControl()
		response := asked.ResponseKind().(*kmsg.ListTransactionsResponse)
		response.ErrorCode = kerr.ClusterAuthorizationFailed.Code
		return response, nil, left.Add(-1) >= 0
	})
	w.cluster.ControlKey(int16(kmsg.InitProducerID), func(asked kmsg.Request) (kmsg.Response, error, bool) {
		w.cluster.KeepControl()
		asked.(*kmsg.InitProducerIDRequest).TransactionTimeoutMillis = 60_000
		return nil, nil, false
	})
	own := line.New(w.network.DialContext)
	first, second := w.open(bus.Dialer(own.Open)), w.open()
	defer first.Close()
	defer second.Close()
	dies, _, err := w.ledger(first, "dies", partitions.SessionTimeout(session))
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
	left.Store(fails)
	w.deposit(len(accounts), 2)
	lives, _, err := w.ledger(second, "lives", partitions.SessionTimeout(session))
	if err != nil {
		t.Fatal(err)
	}
	defer start(t, lives)()
	w.follow(len(accounts), 2)
	w.awaitHandled()
	if took := time.Since(at); took > 15*time.Second {
		t.Errorf("the shards stood still for %s", took)
	}
	stop()
}
