package durable_test

import (
	"errors"
	"time"

	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/httpapi/operations/durable"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// coins are what is put into a safe, and what is in it.
type coins struct {
	Coins int `json:"coins" minimum:"1" maximum:"1000"`
}

type putting struct {
	Safe  string `json:"safe"`
	Coins int    `json:"coins"`
}

func (p putting) key() string { return p.Safe }

func inSafe(id string, c coins) putting { return putting{id, c.Coins} }

var (
	held       = partitions.NewTable[string, int]("held")
	deposit    = partitions.NewCommand[putting, coins]("deposit", putting.key)
	count      = partitions.NewCommand[string, coins]("count", func(safe string) string { return safe })
	unanswered = partitions.NewCommand[putting, coins]("unanswered", putting.key)
)

// safes hold 100 coins each, for each tenant.
func safes() partitions.Option {
	of := func(tx *partitions.Tx, safe string) string {
		return string(request.From(tx.Context()).Tenant) + "/" + safe
	}
	return partitions.Options(partitions.Use(held),
		partitions.Answer(deposit, func(tx *partitions.Tx, p putting) (coins, error) {
			have, _ := held.Get(tx, of(tx, p.Safe))
			held.Put(tx, of(tx, p.Safe), have+p.Coins)
			switch {
			case p.Coins == 1000:
				return coins{}, errors.New("confidential")
			case p.Coins > 100:
				return coins{}, &partitions.AskError{Code: "large", Message: "no safe is that large"}
			case have+p.Coins > 100:
				return coins{}, &partitions.AskError{Code: "full", Message: "there is no room"}
			}
			return coins{have + p.Coins}, nil
		}, partitions.Remember(time.Hour)),
		partitions.Answer(count, func(tx *partitions.Tx, safe string) (coins, error) {
			have, _ := held.Get(tx, of(tx, safe))
			return coins{have}, nil
		}),
	)
}

func deriveSafes(a *operations.API, g *partitions.Group) {
	durable.Command(a, g, "safe", deposit, inSafe, allow, durable.Refused("large", 413, "no safe holds as much"))
	durable.Command(a, g, "safe", count, func(id string, _ operations.None) string { return id }, allow)
}
