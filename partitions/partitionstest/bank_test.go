package partitionstest_test

import (
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

type deposit struct {
	Account string `json:"account"`
	Cents   int64  `json:"cents"`
}

type changed struct {
	Account string `json:"account"`
	Balance int64  `json:"balance"`
}

var (
	deposited      = bus.Define("bank.account.deposited", func(d deposit) string { return d.Account }, bus.InTopic("deposits"))
	balanceChanged = bus.Define("bank.balance.changed", func(c changed) string { return c.Account }, bus.InTopic("balances"))
	fellAsleep     = bus.Define("bank.account.slept", func(a string) string { return a }, bus.InTopic("sleepers"))

	balance = partitions.NewTable[string, int64]("balance")
	dormant = partitions.NewTimer("dormant", func(tx *partitions.Tx, account string) error {
		tx.Emit(fellAsleep.New(account))
		return nil
	})
)

// ledger keeps balances, and says which accounts nothing came to for ten minutes.
func ledger(b *bus.Bus) (*partitions.Group, error) {
	return partitions.New(b, "ledger", partitions.Lanes(2), partitions.Use(balance, dormant),
		partitions.On(deposited, func(tx *partitions.Tx, d deposit) error {
			v, _ := balance.Get(tx, d.Account)
			balance.Put(tx, d.Account, v+d.Cents)
			tx.Emit(balanceChanged.New(changed{Account: d.Account, Balance: v + d.Cents}))
			dormant.After(tx, 10*time.Minute, d.Account)
			return nil
		}))
}
