package checkout

import (
	"errors"
	"time"

	"github.com/millrace/millrace/machines"
)

// State is where an order is.
type State string

// The states.
const (
	Fresh     State = "new"
	Paid      State = "paid"
	Packed    State = "packed"
	Shipped   State = "shipped"
	Delivered State = "delivered"
	Cancelled State = "cancelled"
	Expired   State = "expired"
)

// Event is the name of what happens to an order.
type Event string

// What happens to an order.
type (
	// Opening makes it.
	Opening struct {
		TotalCents int64 `json:"total_cents"`
	}
	// Paying says under which payment it is paid.
	Paying struct {
		Payment string `json:"payment"`
	}
	// Packing says that it is packed.
	Packing struct{}
	// Shipping says in which parcel it leaves.
	Shipping struct {
		Parcel string `json:"parcel"`
	}
	// Delivering says that it has arrived.
	Delivering struct{}
	// Cancelling says why it is given up.
	Cancelling struct {
		Reason string `json:"reason"`
	}
	// Expiring gives up what nobody pays.
	Expiring struct{}
)

// Event is the name of each.
func (Opening) Event() Event { return "open" }

// Event is its name.
func (Paying) Event() Event { return "pay" }

// Event is its name.
func (Packing) Event() Event { return "pack" }

// Event is its name.
func (Shipping) Event() Event { return "ship" }

// Event is its name.
func (Delivering) Event() Event { return "deliver" }

// Event is its name.
func (Cancelling) Event() Event { return "cancel" }

// Event is its name.
func (Expiring) Event() Event { return "expire" }

// Facts are what an order's machine knows of it.
type Facts struct {
	TotalCents int64  `json:"total_cents"`
	Payment    string `json:"payment,omitzero"`
	Parcel     string `json:"parcel,omitzero"`
	Reason     string `json:"reason,omitzero"`
}

// Order is one order in its machine.
type Order = machines.Instance[State, Facts]

type transition = machines.Transition[State, Event, Facts]

const (
	unpaidFor = 30 * time.Minute
	onTheWay  = 2 * time.Second
	keptFor   = 30 * 24 * time.Hour
)

// Orders is the machine. Its topics are order.events and order.transitions.
var Orders = machines.Define(machines.Spec[State, Event, Facts]{
	Name: "order", Start: Fresh, Final: []State{Delivered, Cancelled, Expired}, Keep: keptFor,
	On: []transition{
		{Event: machines.On[Opening](), From: []State{Fresh}, To: Fresh, Guard: machines.Check(once), Do: machines.Do(open)},
		{Event: machines.On[Paying](), From: []State{Fresh}, To: Paid, Guard: machines.Check(isOpen[Paying]), Do: machines.Do(pay)},
		{Event: machines.On[Packing](), From: []State{Paid}, To: Packed},
		{Event: machines.On[Shipping](), From: []State{Packed}, To: Shipped, Do: machines.Do(ship)},
		{Event: machines.On[Delivering](), From: []State{Shipped}, To: Delivered},
		{
			Event: machines.On[Cancelling](), From: []State{Fresh, Paid, Packed}, To: Cancelled,
			Guard: machines.Check(isOpen[Cancelling]), Do: machines.Do(cancel),
		},
		{Event: machines.On[Expiring](), From: []State{Fresh}, To: Expired},
	},
	After: []machines.Timeout[State, Event]{
		{In: Fresh, After: unpaidFor, Event: machines.On[Expiring]()}, {In: Shipped, After: onTheWay, Event: machines.On[Delivering]()},
	},
})

func once(o Order, _ Opening) error {
	if o.Version > 0 {
		return errors.New("it is open already")
	}
	return nil
}

func isOpen[P any](o Order, _ P) error {
	if o.Version == 0 {
		return errors.New("it is not open")
	}
	return nil
}

func open(_ Order, o Opening) (Facts, machines.Effects) { return Facts{TotalCents: o.TotalCents}, nil }

func pay(o Order, p Paying) (Facts, machines.Effects) {
	o.Data.Payment = p.Payment
	return o.Data, nil
}

func ship(o Order, s Shipping) (Facts, machines.Effects) {
	o.Data.Parcel = s.Parcel
	return o.Data, nil
}

func cancel(o Order, c Cancelling) (Facts, machines.Effects) {
	o.Data.Reason = c.Reason
	return o.Data, nil
}
