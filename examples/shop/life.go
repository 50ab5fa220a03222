package shop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/millrace/millrace/examples/shop/checkout"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/machines"
)

// progress tells the browsers how far an order has come.
func (s *Shop) progress(ctx context.Context, p checkout.Progress) error {
	if err := Checkouts.Publish(ctx, s.bus, p.Order, p).Err(); err != nil {
		return fmt.Errorf("shop: broadcast the checkout of %s: %w", p.Order, err)
	}
	return nil
}

// showProgress answers GET /orders/{id}/progress.
func (s *Shop) showProgress(
	ctx context.Context, asked operations.Call[One, operations.None],
) (answer operations.Answer[checkout.Progress], err error) {
	order, err := s.store.get(ctx, asked.At.ID)
	if err != nil {
		return answer, err
	}
	answer.Body, err = s.check.Progress(ctx, order.ID)
	return answer, err
}

// approveOrder answers POST /orders/{id}/approve: the checkout that waits for it goes on. One that does not, or not yet, is
// sent the approval all the same, and meets it when it asks.
func (s *Shop) approveOrder(ctx context.Context, asked operations.Call[One, operations.None]) (answer operations.Answer[operations.None], err error) {
	order, err := s.store.get(ctx, asked.At.ID)
	if err != nil {
		return answer, err
	}
	if err := checkout.Approved.Send(ctx, s.bus, s.check.Flow, order.ID, "the page").Err(); err != nil {
		return answer, fmt.Errorf("shop: approve %s: %w", order.ID, err)
	}
	return taken(order.ID), nil
}

// cancelOrder answers POST /orders/{id}/cancel: 409 where it is too late.
func (s *Shop) cancelOrder(ctx context.Context, asked operations.Call[One, operations.None]) (answer operations.Answer[operations.None], err error) {
	order, err := s.store.get(ctx, asked.At.ID)
	if err != nil {
		return answer, err
	}
	err = s.check.Cancel(ctx, s.bus, order.ID)
	if refused, ok := errors.AsType[*machines.NotAllowedError](err); ok {
		if refused.Missing {
			return answer, problem(http.StatusConflict, "not-open", "the checkout has not opened the order yet; try again in a moment")
		}
		return answer, problem(http.StatusConflict, "too-late", "the order is "+refused.State+", and cannot be cancelled any more")
	}
	if err != nil {
		return answer, fmt.Errorf("shop: cancel %s: %w", order.ID, err)
	}
	return taken(order.ID), nil
}

// taken says that something will be done.
func taken(id string) operations.Answer[operations.None] {
	return operations.Answer[operations.None]{Header: http.Header{"Location": {"/orders/" + url.PathEscape(id) + "/progress"}}}
}

// showChart answers GET /chart: the machine as the page draws it.
func (s *Shop) showChart(context.Context, nothing) (operations.Answer[machines.Chart], error) {
	return operations.Answer[machines.Chart]{Body: checkout.Orders.Chart()}, nil
}
