//go:build synctests

package partitions_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/observe"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/internal/line"
)

// TestCheck follows a node's check from before it runs, through its first restore, a later one, and a time in which the node
// is cut off.
func TestCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		early, _, err := w.ledger(w.bus, "early")
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, early)
		w.deposit(len(accounts), 3)
		w.awaitHandled()
		stop()
		away := line.New(w.network.DialContext)
		b := w.open(bus.Dialer(away.Open))
		defer b.Close()
		g, _, err := w.ledger(b, "checked")
		if err != nil {
			t.Fatal(err)
		}
		check, each := g.Check(), g.Check(partitions.EachRestore(time.Second))
		if check.Name != "group ledger" || check.Criticality != observe.Startup || each.Criticality != observe.Critical {
			t.Errorf("%+v %+v", check, each)
		}
		says := func(when string, c observe.Check, want string) {
			t.Helper()
			err := c.Ask(t.Context())
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s: %v, want %q", when, err, want)
			}
		}
		says("before it runs", check, "not running")
		release := w.holdRestores()
		defer start(t, g)()
		<-time.After(10 * time.Second)
		says("while it restores", check, "6 shards of this node have no state yet")
		says("while it restores", each, "6 shards of this node have no state yet")
		release()
		<-time.After(10 * time.Second)
		says("when it has its state", check, "")
		says("when it has its state", each, "")

		second, _, err := w.ledger(w.bus, "second")
		if err != nil {
			t.Fatal(err)
		}
		stop = start(t, second)
		<-time.After(10 * time.Second)
		says("when another has joined", check, "")
		release = w.holdRestores()
		stop()
		<-time.After(5 * time.Second)
		says("while it restores what comes to it", each, "") // it is the first time that this is seen
		<-time.After(2 * time.Second)
		says("while it restores what comes to it", check, "")
		says("while it restores what comes to it", each, "shards of this node have no state yet")
		release()
		<-time.After(10 * time.Second)
		says("when it has that state", each, "")

		away.Stall()
		given := false
		for began := time.Now(); !given && time.Since(began) < 2*time.Minute; <-time.After(100 * time.Millisecond) {
			err := check.Ask(t.Context())
			given = err != nil && strings.Contains(err.Error(), "given this node up")
		}
		if !given {
			t.Error("a node that is cut off is well")
		}
		away.Flow()
		<-time.After(20 * time.Second)
		says("when it has joined again", check, "")
	})
}

// holdRestores keeps reads of the ledger's changelog back until the function that it returns is called.
func (w *world) holdRestores() (release func()) {
	w.t.Helper()
	client, err := w.bus.Client()
	if err != nil {
		w.t.Fatal(err)
	}
	defer client.Close()
	topics, err := kadm.NewClient(client).ListTopics(w.t.Context(), "ledger.changelog")
	if err != nil || topics["ledger.changelog"].Err != nil {
		w.t.Fatal(err, topics)
	}
	free, once := make(chan struct{}), sync.Once{}
	w.cluster.ControlKey(int16(kmsg.Fetch), func(asked kmsg.Request) (kmsg.Response, error, bool) {
		select {
		case <-free:
			return nil, nil, false // and is not called again
		default:
		}
		w.cluster.KeepControl()
		if slices.ContainsFunc(asked.(*kmsg.FetchRequest).Topics, func(t kmsg.FetchRequestTopic) bool {
			return t.TopicID == topics["ledger.changelog"].ID
		}) {
			w.cluster.SleepControl(func() { <-free })
		}
		return nil, nil, false
	})
	return func() { once.Do(func() { close(free) }) }
}
