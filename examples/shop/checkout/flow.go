package checkout

import (
	"errors"
	"time"

	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

// Cart is what is checked out.
type Cart struct {
	Order      string `json:"order"`
	TotalCents int64  `json:"total_cents"`
	Lines      []Line `json:"lines"`
}

// Line is so much of one product.
type Line struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

// Receipt is what a checkout comes to.
type Receipt struct {
	Payment string `json:"payment"`
	Parcel  string `json:"parcel"`
}

// Limits of what happens without a person.
const (
	ApprovedFrom = 500_00    // cents from which somebody has to approve
	DeclinedFrom = 50_000_00 // cents from which the bank declines
)

// Pace is how long people take.
type Pace struct{ Approval, Pack, Ship time.Duration }

// usualPace lets whoever looks at the page see each state.
func usualPace() Pace {
	return Pace{Approval: 15 * time.Minute, Pack: time.Second, Ship: time.Second}
}

// Approved is sent by whoever approves an order, with a name.
var Approved = sagas.NewSignal[string]("approved")

// errNotApproved ends a checkout that nobody approves.
var errNotApproved = errors.New("nobody has approved the order in time")

// run is the flow.
func (c *Checkout) run(s *sagas.Saga, cart Cart) (Receipt, error) {
	var receipt Receipt
	if _, err := sagas.Do(s, c.open, cart); err != nil {
		return receipt, err
	}
	if _, err := sagas.Do(s, c.reserve, cart); err != nil {
		return receipt, err
	}
	if cart.TotalCents >= ApprovedFrom {
		if _, err := sagas.Await(s, Approved, c.pace.Approval); errors.Is(err, sagas.ErrTimeout) {
			return receipt, resilience.Permanent(errNotApproved)
		} else if err != nil {
			return receipt, err
		}
	}
	payment, err := sagas.Do(s, c.charge, cart)
	if err != nil {
		return receipt, err
	}
	receipt.Payment = payment
	if _, err := sagas.Do(s, c.pay, mark{cart.Order, payment}); err != nil {
		return receipt, err
	}
	if err := s.Sleep(c.pace.Pack); err != nil {
		return receipt, err
	}
	if _, err := sagas.Do(s, c.pack, mark{Order: cart.Order}); err != nil {
		return receipt, err
	}
	if err := s.Sleep(c.pace.Ship); err != nil {
		return receipt, err
	}
	receipt.Parcel = "parcel-" + cart.Order
	_, err = sagas.Do(s, c.ship, mark{cart.Order, receipt.Parcel})
	return receipt, err // what is shipped stays paid: nothing is waited for any more, and the machine sees to its arrival
}
