package bank

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/push"
)

// Amount is cents of an account.
type Amount struct {
	Account string `json:"account"`
	Cents   int    `json:"cents"`
}

func (a Amount) key() string { return a.Account }

// Deposited is an event of the topic whose partitions are the shards.
var Deposited = bus.Define("bank.deposited", Amount.key, bus.InTopic("bank.deposits"))

// Withdraw is what clients call. Its result is what is left.
var Withdraw = push.NewMethod[Amount, int]("bank.withdraw")

var (
	balance  = partitions.NewTable[string, int]("balance")
	withdraw = partitions.NewCommand[Amount, int]("withdraw", Amount.key)
)

// NewGroup makes the group that owns the accounts: each is on one node at a time.
func NewGroup(b *bus.Bus, opts ...partitions.Option) (*partitions.Group, error) {
	return partitions.New(b, "bank", append(opts,
		partitions.Use(balance),
		partitions.On(Deposited, func(tx *partitions.Tx, d Amount) error {
			have, _ := balance.Get(tx, d.Account)
			balance.Put(tx, d.Account, have+d.Cents)
			return nil
		}),
		partitions.Answer(withdraw, func(tx *partitions.Tx, w Amount) (int, error) {
			have, _ := balance.Get(tx, w.Account)
			if w.Cents <= 0 || have < w.Cents {
				return 0, &partitions.AskError{Code: "poor", Message: fmt.Sprintf("there are %d cents", have)}
			}
			balance.Put(tx, w.Account, have-w.Cents)
			return have - w.Cents, nil
		}),
	)...)
}

// Answering is the method as a hub of this node offers it: the owner decides. A refusal is told to the client as a problem. Where the call ends
// first the withdrawal may still be done; a client that asks again would do another one.
func Answering(g *partitions.Group) push.Procedure {
	return Withdraw.Handle(func(ctx context.Context, w Amount) (int, error) {
		left, err := partitions.Ask(ctx, g, withdraw, w)
		if refused, ok := errors.AsType[*partitions.AskError](err); ok {
			return 0, &push.Problem{Status: http.StatusConflict, Title: refused.Code, Detail: refused.Message}
		}
		return left, err
	})
}
