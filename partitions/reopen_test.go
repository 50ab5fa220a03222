//go:build synctests

package partitions_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/internal/line"
)

// TestKeptShardsGoOn lets a node join while another has just died, so that the group waits for the dead one's session to
// time out. The shards of who lives must not stand still for as long.
func TestKeptShardsGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		lines, stops := make(map[string]*line.Line), make(map[string]func())
		for _, name := range []string{"lives", "dies", "joins"} {
			lines[name] = line.New(w.network.DialContext)
			b := w.open(bus.Dialer(lines[name].Open))
			defer b.Close()
			g, _, err := w.ledger(b, name)
			if err != nil {
				t.Fatal(err)
			}
			if name == "joins" {
				lines["dies"].Stall()
				stops["joins"] = start(t, g)
				break
			}
			stops[name] = start(t, g)
			for n, _ := g.Nodes(); len(n) != len(stops) || len(n[0].Shards) != shards/len(stops); n, _ = g.Nodes() {
				<-time.After(time.Millisecond)
			}
			w.deposit(len(accounts), 1)
			w.awaitHandled()
		}
		<-time.After(time.Second) // it is known that the group rebalances
		began := time.Now()
		w.deposit(len(accounts), 1)
		seen := 0
		for event, err := range bus.Tail(t.Context(), w.bus, balanceChanged, bus.Earliest) {
			if err != nil {
				t.Fatal(err)
			}
			if event.Value.Balance < 3 {
				continue
			}
			if took := time.Since(began); seen == 0 && took > 3*time.Second {
				t.Errorf("a shard whose owner lives stood still for %s", took)
			}
			if seen++; seen == len(accounts) {
				break
			}
		}
		if took := time.Since(began); took < 3*time.Second {
			t.Errorf("the dead node's shards were there after %s", took)
		}
		lines["dies"].Flow()
		for _, stop := range stops {
			stop()
		}
	})
}
