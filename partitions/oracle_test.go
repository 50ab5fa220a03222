//go:build synctests

package partitions_test

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

const simulatedLimit = 3 * time.Minute

// check holds the outputs, the changelog and the claims against what was sent.
func (s *simulation) check() {
	ctx, cancel := context.WithTimeout(s.t.Context(), simulatedLimit)
	defer cancel()
	open := int64(0)
	for _, n := range s.sent {
		open += n
	}
	claims := make(map[int32][]int64)
	balances, used := make(map[string]int64), make(map[int32]int64)
	for event, err := range bus.Tail(ctx, s.bus, balanceChanged, bus.Earliest) {
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			s.t.Fatal(err)
		}
		c := event.Value
		if c.Balance != balances[c.Account]+1 {
			s.t.Fatalf("account %s goes from %d to %d", c.Account, balances[c.Account], c.Balance)
		}
		if c.Token < used[c.Shard] {
			s.t.Fatalf("shard %d: a write under token %d follows one under %d", c.Shard, c.Token, used[c.Shard])
		}
		balances[c.Account], used[c.Shard] = c.Balance, c.Token
		if open--; open == 0 {
			break
		}
	}
	if open != 0 {
		s.t.Fatalf("%d deposits have no effect: sent %v, seen %v", open, s.sent, balances)
	}
	stored := make(map[string]int64)
	for record, err := range s.bus.Read(s.t.Context(), "ledger.changelog", bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			s.t.Fatal(err)
		}
		if string(record.Key) == "!claim" {
			claims[int32(record.Partition)] = append(claims[int32(record.Partition)], record.Offset)
		}
		if account, ok := strings.CutPrefix(string(record.Key), "balance/"); ok {
			stored[account], err = strconv.ParseInt(string(record.Value), 10, 64)
			if err != nil {
				s.t.Fatal(err)
			}
		}
	}
	for account, n := range s.sent {
		if stored[account] != n || balances[account] != n {
			s.t.Errorf("account %s: %d sent, %d in the changelog, %d in the outputs", account, n, stored[account], balances[account])
		}
	}
	for shard := range int32(shards) {
		if len(claims[shard]) == 0 {
			s.t.Errorf("shard %d was never claimed", shard)
		}
	}
}

// tokens is a ledger whose outputs tell the shard's token.
func tokens(b *bus.Bus, node string, event bus.Event[deposit], opts ...partitions.Option) (*partitions.Group, error) {
	balance := partitions.NewTable[string, int64]("balance")
	return partitions.New(b, "ledger", append(opts, partitions.On(event, func(tx *partitions.Tx, d deposit) error {
		v, _ := balance.Get(tx, d.Account)
		balance.Put(tx, d.Account, v+d.Cents)
		tx.Emit(balanceChanged.New(changed{Account: d.Account, Balance: v + d.Cents, Token: tx.Token(), Shard: tx.Shard()}))
		return nil
	}), partitions.Use(balance), partitions.NodeID(node), partitions.Lanes(2))...)
}
