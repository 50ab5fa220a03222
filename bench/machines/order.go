package machines

import (
	"errors"

	machine "github.com/millrace/millrace/machines"
)

// state and event are those of an order.
type (
	state string
	event string
)

const (
	fresh state = "new"
	open  state = "open"
	paid  state = "paid"

	add     event = "add"
	pay     event = "pay"
	reorder event = "reorder"
)

// The payloads of an order's events.
type (
	adding struct {
		Item  string `json:"item"`
		Price int    `json:"price"`
	}
	paying struct {
		Amount int    `json:"amount"`
		By     string `json:"by"`
	}
	reordering struct {
		Reason string `json:"reason"`
	}
)

func (adding) Event() event     { return add }
func (paying) Event() event     { return pay }
func (reordering) Event() event { return reorder }

// payload is one of them.
type payload = machine.Payload[event]

// order is what each instance keeps.
type order struct {
	Items int `json:"items"`
	Owed  int `json:"owed"`
	Paid  int `json:"paid"`
}

// moved is what is told of a transition.
type moved = machine.Moved[state, event, order]

var (
	errFree   = errors.New("nothing is free")
	errTooLow = errors.New("the amount is too low")
)

func priced(_ order, a adding) error {
	if a.Price <= 0 {
		return errFree
	}
	return nil
}

func enough(o order, p paying) error {
	if p.Amount < o.Owed {
		return errTooLow
	}
	return nil
}

func (o order) added(a adding) order { return order{o.Items + 1, o.Owed + a.Price, o.Paid} }
func (o order) paid(p paying) order  { return order{o.Items, o.Owed - p.Amount, o.Paid + p.Amount} }

// nth is the event of an order that has seen n before: it is opened by a first item, gets another one, is paid and opened again.
func nth(n int) payload {
	const items = 2
	switch round, at := n/(items+2), n%(items+2); {
	case at < items:
		return adding{Item: "a thing of some kind", Price: 1 + round + at}
	case at == items:
		return paying{Amount: 3 + 2*round, By: "somebody"}
	default:
		return reordering{Reason: "it was good"}
	}
}

// after is what the event of that number makes of an order.
func after(o order, n int) (from, to state, made order) {
	from, to = open, open
	if n == 0 {
		from = fresh
	}
	switch e := nth(n).(type) {
	case adding:
		return from, to, o.added(e)
	case paying:
		return from, paid, o.paid(e)
	default:
		return paid, to, o
	}
}

// spec is the machine.
func spec(name string) machine.Spec[state, event, order] {
	type i = machine.Instance[state, order]
	return machine.Spec[state, event, order]{
		Name: name, Start: fresh,
		On: []machine.Transition[state, event, order]{
			{
				Event: machine.On[adding](), From: []state{fresh, open}, To: open,
				Guard: machine.Check(func(is i, a adding) error { return priced(is.Data, a) }),
				Do:    machine.Do(func(is i, a adding) (order, machine.Effects) { return is.Data.added(a), nil }),
			},
			{
				Event: machine.On[paying](), From: []state{open}, To: paid,
				Guard: machine.Check(func(is i, p paying) error { return enough(is.Data, p) }),
				Do:    machine.Do(func(is i, p paying) (order, machine.Effects) { return is.Data.paid(p), nil }),
			},
			{Event: machine.On[reordering](), From: []state{paid}, To: open},
		},
	}
}
