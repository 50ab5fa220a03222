package machines_test

import (
	"errors"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
)

// The machine of the tests and examples: an order.
type (
	state string
	event string
)

const (
	fresh     state = "new"
	paid      state = "paid"
	shipped   state = "shipped"
	cancelled state = "cancelled"
)

type order struct {
	Total int `json:"total"`
	Paid  int `json:"paid"`
	Items int `json:"items"`
}

type (
	adding     struct{ Price int }
	paying     struct{ Amount int }
	shipping   struct{ Parcel string }
	cancelling struct{}
	expiring   struct{}
)

func (adding) Event() event     { return "add" }
func (paying) Event() event     { return "pay" }
func (shipping) Event() event   { return "ship" }
func (cancelling) Event() event { return "cancel" }
func (expiring) Event() event   { return "expire" }

type (
	instance   = machines.Instance[state, order]
	transition = machines.Transition[state, event, order]
	timeout    = machines.Timeout[state, event]
	spec       = machines.Spec[state, event, order]
)

// parcelSent is an effect.
var parcelSent = bus.Define("shop.parcel.sent", func(p shipping) string { return p.Parcel }, bus.InTopic("parcels"))

func orderSpec() spec {
	return spec{
		Name: "order", Start: fresh, Final: []state{shipped, cancelled},
		On: []transition{
			{Event: machines.On[adding](), From: []state{fresh}, To: fresh, Do: machines.Do(add)},
			{Event: machines.On[paying](), From: []state{fresh}, To: paid, Guard: machines.Check(enough), Do: machines.Do(pay)},
			{Event: machines.On[shipping](), From: []state{paid}, To: shipped, Do: machines.Do(ship)},
			{Event: machines.On[cancelling](), From: []state{fresh, paid}, To: cancelled},
			{Event: machines.On[expiring](), From: []state{fresh}, To: cancelled},
		},
		After: []timeout{{In: fresh, After: 2 * time.Minute, Event: machines.On[expiring]()}},
	}
}

func add(o instance, a adding) (order, machines.Effects) {
	o.Data.Items, o.Data.Total = o.Data.Items+1, o.Data.Total+a.Price
	return o.Data, nil
}

func enough(o instance, p paying) error {
	if p.Amount < o.Data.Total {
		return errors.New("the amount is too small")
	}
	return nil
}

func pay(o instance, p paying) (order, machines.Effects) {
	o.Data.Paid = p.Amount
	return o.Data, nil
}

func ship(o instance, s shipping) (order, machines.Effects) {
	return o.Data, machines.Effects{parcelSent.New(s)}
}
