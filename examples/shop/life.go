package shop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/examples/shop/checkout"
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
func (s *Shop) showProgress(w http.ResponseWriter, r *http.Request) error {
	order, err := s.known(r)
	if err != nil {
		return err
	}
	p, err := s.check.Progress(r.Context(), order.ID)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, p)
}

// approveOrder answers POST /orders/{id}/approve: the checkout that waits for it goes on. One that does not, or not yet, is
// sent the approval all the same, and meets it when it asks.
func (s *Shop) approveOrder(w http.ResponseWriter, r *http.Request) error {
	order, err := s.known(r)
	if err != nil {
		return err
	}
	if err := checkout.Approved.Send(r.Context(), s.bus, s.check.Flow, order.ID, "the page").Err(); err != nil {
		return fmt.Errorf("shop: approve %s: %w", order.ID, err)
	}
	return taken(w, order.ID)
}

// cancelOrder answers POST /orders/{id}/cancel: 409 where it is too late.
func (s *Shop) cancelOrder(w http.ResponseWriter, r *http.Request) error {
	order, err := s.known(r)
	if err != nil {
		return err
	}
	err = s.check.Cancel(r.Context(), s.bus, order.ID)
	if refused, ok := errors.AsType[*machines.NotAllowedError](err); ok {
		if refused.Missing {
			return problem(http.StatusConflict, "not-open", "the checkout has not opened the order yet; try again in a moment")
		}
		return problem(http.StatusConflict, "too-late", "the order is "+refused.State+", and cannot be cancelled any more")
	}
	if err != nil {
		return fmt.Errorf("shop: cancel %s: %w", order.ID, err)
	}
	return taken(w, order.ID)
}

// known is the order of the request's path.
func (s *Shop) known(r *http.Request) (OrderState, error) {
	id := chi.URLParam(r, "id")
	if !idPattern.MatchString(id) {
		return OrderState{}, problem(http.StatusBadRequest, "", "an order's id is 1 to 64 letters, digits, dots, dashes or underscores")
	}
	return s.store.get(r.Context(), id)
}

// taken says that something will be done.
func taken(w http.ResponseWriter, id string) error {
	w.Header().Set("Location", "/orders/"+url.PathEscape(id)+"/progress")
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// showChart answers GET /chart: the machine as the page draws it.
func (s *Shop) showChart(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, checkout.Orders.Chart())
}
