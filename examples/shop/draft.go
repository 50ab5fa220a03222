package shop

import (
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/millrace/millrace/httpapi"
)

// The limits of a draft.
const (
	MaxItems      = 100        // lines in one order
	MaxQuantity   = 1_000      // pieces in one line
	MaxPriceCents = 10_000_000 // price of one piece, in cents
	MaxCustomer   = 120        // characters in a customer's name
	MaxEmail      = 254        // bytes of an address for mail
)

var (
	idPattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	skuPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$`)
)

// Draft is what a client asks for. Its id is chosen by the client, which makes asking again harmless. Without an Email no mail is sent.
type Draft struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Email    string `json:"email,omitzero"`
	Items    []Item `json:"items"`
}

// check returns everything that is wrong with the draft, or nil.
func (d Draft) check() []httpapi.Invalid {
	var wrong []httpapi.Invalid
	add := func(pointer, format string, args ...any) {
		wrong = append(wrong, httpapi.Invalid{Pointer: "#" + pointer, Detail: fmt.Sprintf(format, args...)})
	}
	if !idPattern.MatchString(d.ID) {
		add("/id", "choose an id of 1 to 64 letters, digits, dots, dashes or underscores that starts with a letter or digit, such as a UUID")
	}
	switch name := utf8.RuneCountInString(d.Customer); {
	case strings.TrimSpace(d.Customer) == "":
		add("/customer", "say who the customer is")
	case name > MaxCustomer:
		add("/customer", "shorten the name to %d characters; it has %d", MaxCustomer, name)
	case strings.ContainsFunc(d.Customer, unicode.IsControl):
		add("/customer", "remove the control characters from the name")
	case strings.ContainsRune(d.Customer, utf8.RuneError):
		add("/customer", "a character of the name could not be read; half of a surrogate pair is none")
	}
	if at, err := mail.ParseAddress(d.Email); d.Email != "" && (err != nil || at.Address != d.Email || len(d.Email) > MaxEmail) {
		add("/email", "give an address such as ada@example.com, at most %d bytes, or leave it out", MaxEmail)
	}
	if len(d.Items) == 0 || len(d.Items) > MaxItems {
		add("/items", "send 1 to %d items; there are %d", MaxItems, len(d.Items))
		return wrong
	}
	for i, item := range d.Items {
		at := fmt.Sprintf("/items/%d", i)
		if !skuPattern.MatchString(item.SKU) {
			add(at+"/sku", "use 1 to 32 letters, digits, dots, dashes or underscores, starting with a letter or digit")
		}
		if item.Quantity < 1 || item.Quantity > MaxQuantity {
			add(at+"/quantity", "use a whole number from 1 to %d", MaxQuantity)
		}
		if item.PriceCents < 1 || item.PriceCents > MaxPriceCents {
			add(at+"/price_cents", "use whole cents from 1 to %d", MaxPriceCents)
		}
	}
	return wrong
}

func (d Draft) place(at time.Time) Order {
	o := Order{ID: d.ID, Customer: d.Customer, Items: d.Items, PlacedAt: at}
	for _, item := range d.Items {
		o.TotalCents += int64(item.Quantity) * item.PriceCents
	}
	return o
}
