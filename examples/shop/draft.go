package shop

import (
	"net/mail"
	"time"

	"github.com/millrace/millrace/httpapi"
)

// The limits of a draft, which the tags say too.
const (
	MaxItems      = 100        // lines in one order
	MaxQuantity   = 1_000      // pieces in one line
	MaxPriceCents = 10_000_000 // price of one piece, in cents
)

// Draft is what a client asks for. Its id is chosen by the client, which makes asking again harmless. Without an Email no mail is sent. A customer's
// name has no control characters and something that can be seen.
type Draft struct {
	ID       string `json:"id" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" jsonschema:"1 to 64 letters, digits, dots, dashes or underscores, starting with a letter or digit, such as a UUID"`                                                                                   //nolint:lll // a tag is one line
	Customer string `json:"customer" maxLength:"120" pattern:"^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x20\\x7f-\\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\\x00-\\x1f\\x7f-\\x9f]*$" jsonschema:"the customer's name"`                                                //nolint:lll // a tag is one line
	Email    string `json:"email,omitzero" maxLength:"254" pattern:"^([A-Za-z0-9!#$%&'*+/=?^_{|}~-]+([.][A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*)?$" jsonschema:"an address such as ada@example.com"` //nolint:lll // a tag is one line
	Items    []Item `json:"items" minItems:"1" maxItems:"100"`
}

// Check holds the address to what mail takes.
func (d Draft) Check() []httpapi.Invalid {
	if at, err := mail.ParseAddress(d.Email); d.Email != "" && (err != nil || at.Address != d.Email) {
		return []httpapi.Invalid{{Pointer: "#/email", Detail: "give an address such as ada@example.com, or leave it out"}}
	}
	return nil
}

func (d Draft) place(at time.Time) Order {
	o := Order{ID: d.ID, Customer: d.Customer, Items: d.Items, PlacedAt: at}
	for _, item := range d.Items {
		o.TotalCents += int64(item.Quantity) * item.PriceCents
	}
	return o
}
