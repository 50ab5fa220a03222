package bank

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

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

// Withdraw is what clients of a WebSocket call. Its result is what is left.
var Withdraw = push.NewMethod[Amount, int]("bank.withdraw")

// remembered is how long a withdrawal may be asked for again and is the same one.
const remembered = 24 * time.Hour

// poor is the code of a withdrawal that is more than there is.
const poor = "poor"

var (
	balances = partitions.NewTable[string, int]("balance")
	withdraw = partitions.NewCommand[Amount, Balance]("withdraw", Amount.key)
	balance  = partitions.NewCommand[string, Balance]("balance", func(account string) string { return account })
)

// NewGroup makes the group that owns the accounts: each is on one node at a time.
func NewGroup(b *bus.Bus, opts ...partitions.Option) (*partitions.Group, error) {
	return partitions.New(b, "bank", append(opts,
		partitions.Use(balances),
		partitions.On(Deposited, func(tx *partitions.Tx, d Amount) error {
			have, _ := balances.Get(tx, d.Account)
			balances.Put(tx, d.Account, have+d.Cents)
			return nil
		}),
		partitions.Answer(withdraw, func(tx *partitions.Tx, w Amount) (Balance, error) {
			have, _ := balances.Get(tx, w.Account)
			if w.Cents <= 0 || have < w.Cents {
				return Balance{}, &partitions.AskError{Code: poor, Message: fmt.Sprintf("there are %d cents", have)}
			}
			balances.Put(tx, w.Account, have-w.Cents)
			return Balance{have - w.Cents}, nil
		}, partitions.Remember(remembered)),
		partitions.Answer(balance, func(tx *partitions.Tx, account string) (Balance, error) {
			have, _ := balances.Get(tx, account)
			return Balance{have}, nil
		}),
	)...)
}

// Answering is the method as a hub of this node offers it: the owner decides. A refusal is told to the client as a problem. Where the call ends
// first the withdrawal may still be done; a client that asks again would do another one, which [Routes] lets it name instead.
func Answering(g *partitions.Group) push.Procedure {
	return Withdraw.Handle(func(ctx context.Context, w Amount) (int, error) {
		left, err := partitions.Ask(ctx, g, withdraw, w)
		if refused, ok := errors.AsType[*partitions.AskError](err); ok {
			return 0, &push.Problem{Status: http.StatusConflict, Title: refused.Code, Detail: refused.Message}
		}
		return left.Cents, err
	})
}
