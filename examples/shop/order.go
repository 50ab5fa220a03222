package shop

import (
	"slices"
	"time"

	"github.com/millrace/millrace/examples/shop/checkout"
)

// Status is how far an order has come.
type Status string

// The states of an order.
const (
	StatusPlaced   Status = "placed"
	StatusAccepted Status = "accepted"
)

// Item is one line of an order.
type Item struct {
	SKU        string `json:"sku" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"`
	Quantity   int    `json:"quantity" minimum:"1" maximum:"1000"`
	PriceCents int64  `json:"price_cents" minimum:"1" maximum:"10000000"`
}

// Order is a placed order: a fact that does not change, and the payload of [OrderPlaced].
type Order struct {
	ID         string    `json:"id"`
	Customer   string    `json:"customer"`
	Items      []Item    `json:"items"`
	TotalCents int64     `json:"total_cents"`
	PlacedAt   time.Time `json:"placed_at"`
}

// OrderState is an order and how far it has come. The customer's address is no part of the event: who handles that need not know it.
type OrderState struct {
	Order
	Email      string    `json:"email,omitzero"`
	Status     Status    `json:"status"`
	AcceptedAt time.Time `json:"accepted_at,omitzero"`
}

// asks reports whether the order is what the draft asks for.
func (o OrderState) asks(d Draft) bool {
	return o.ID == d.ID && o.Customer == d.Customer && o.Email == d.Email && slices.Equal(o.Items, d.Items)
}

// cart is what of the order is checked out.
func (o Order) cart() checkout.Cart {
	c := checkout.Cart{Order: o.ID, TotalCents: o.TotalCents}
	for _, item := range o.Items {
		c.Lines = append(c.Lines, checkout.Line{SKU: item.SKU, Quantity: item.Quantity})
	}
	return c
}

// now is the one place where the shop reads the wall clock. PostgreSQL keeps microseconds, and so do we.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
