package shop

import (
	"context"
	"fmt"
	"net/http"

	"github.com/millrace/millrace/httpapi/operations"
)

// One is the order of a request's path.
type One struct {
	ID string `path:"id" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" jsonschema:"an order's id: 1 to 64 letters, digits, dots, dashes or underscores"`
}

// OrderPage is one page of orders, newest first. Next is the address of the following page, or empty.
type OrderPage struct {
	Orders []OrderState `json:"orders"`
	Next   string       `json:"next,omitzero"`
}

func (s *Shop) getOrder(ctx context.Context, asked operations.Call[One, operations.None]) (answer operations.Answer[OrderState], err error) {
	answer.Body, err = s.store.get(ctx, asked.At.ID)
	return answer, err
}

// Window is which page of orders is asked for.
type Window struct {
	Limit  int64 `query:"limit" default:"20" minimum:"1" maximum:"100" jsonschema:"how many orders"`
	Before int64 `query:"before" minimum:"1" maximum:"9007199254740991" jsonschema:"where the page before ended; a page says in next where it does"`
}

func (s *Shop) listOrders(ctx context.Context, asked operations.Call[Window, operations.None]) (answer operations.Answer[OrderPage], err error) {
	orders, next, err := s.store.recent(ctx, asked.At.Before, int(asked.At.Limit))
	if err != nil {
		return answer, err
	}
	answer.Body.Orders = orders
	if next > 0 {
		answer.Body.Next = fmt.Sprintf("/orders?limit=%d&before=%d", asked.At.Limit, next)
		answer.Header = http.Header{"Link": {"<" + answer.Body.Next + `>; rel="next"`}}
	}
	return answer, nil
}
