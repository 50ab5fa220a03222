//go:build synctests

package partitions_test

import (
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/internal/line"
)

// TestStandby cuts an owner off: the node with the warm copy goes on, from what it has.
func TestStandby(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		type member struct {
			line    *line.Line
			group   *partitions.Group
			balance *partitions.Table[string, int64]
			stop    func()
		}
		members := make(map[string]*member)
		for i := range 3 {
			m, id := &member{line: line.New(w.network.DialContext)}, "node-"+strconv.Itoa(i)
			b := w.open(bus.Dialer(m.line.Open))
			defer b.Close()
			var err error
			m.group, m.balance, err = w.ledger(b, id, partitions.Standbys(1))
			if err != nil {
				t.Fatal(err)
			}
			m.stop = start(t, m.group)
			members[id] = m
		}
		<-time.After(15 * time.Second)
		w.deposit(len(accounts), 50)
		w.awaitHandled()
		<-time.After(2 * time.Second)

		observer := members["node-0"]
		key := account(t, observer.group, false)
		owner, _, err := observer.group.Owner(key)
		if err != nil {
			t.Fatal(err)
		}
		shard, err := observer.group.Shard(key)
		if err != nil {
			t.Fatal(err)
		}
		nodes, err := observer.group.Nodes()
		if err != nil {
			t.Fatal(err)
		}
		heir := slices.IndexFunc(nodes, func(n partitions.Node) bool { return slices.Contains(n.Standbys, shard) })
		if heir < 0 || nodes[heir].ID == owner.ID {
			t.Fatalf("shard %d of %s has no standby: %+v", shard, owner.ID, nodes)
		}
		warm := members[nodes[heir].ID]
		read := func(level partitions.Freshness) (n, lag int64, err error) {
			err = warm.group.View(t.Context(), key, func(v *partitions.View) error {
				n, _ = warm.balance.Get(v, key)
				lag = v.Lag()
				return nil
			}, level)
			return n, lag, err
		}
		if n, lag, err := read(partitions.AnyCopy); n != 50 || lag != 0 || err != nil {
			t.Errorf("the copy has %d and lacks %d, %v", n, lag, err)
		}
		if _, _, err := read(partitions.Leased); err == nil {
			t.Error("a copy was read as the owner's tables")
		}

		members[owner.ID].line.Stall()
		crashed := time.Now()
		for {
			if next, found, _ := warm.group.Owner(key); found && next.ID != owner.ID {
				if next.ID != nodes[heir].ID {
					t.Errorf("%s took the shard, and %s has the copy", next.ID, nodes[heir].ID)
				}
				break
			}
			<-time.After(10 * time.Millisecond)
		}
		for {
			if n, _, err := read(partitions.Current); err == nil {
				if n != 50 {
					t.Errorf("the new owner has %d", n)
				}
				break
			}
			<-time.After(10 * time.Millisecond)
		}
		if took := time.Since(crashed); took > 7*time.Second {
			t.Errorf("the shard was without an owner for %s", took)
		}
		members[owner.ID].line.Flow()
		w.deposit(len(accounts), 1)
		w.follow(len(accounts), 51)
		for _, m := range members {
			m.stop()
		}
	})
}
