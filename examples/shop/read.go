package shop

import (
	"fmt"
	"net/http"
	"strconv"
)

// The size of a page of orders.
const (
	DefaultPage = 20
	MaxPage     = 100
)

// OrderPage is one page of orders, newest first. Next is the address of the following page, or empty.
type OrderPage struct {
	Orders []OrderState `json:"orders"`
	Next   string       `json:"next,omitzero"`
}

func (s *Shop) getOrder(w http.ResponseWriter, r *http.Request) error {
	state, err := s.known(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, state)
}

func (s *Shop) listOrders(w http.ResponseWriter, r *http.Request) error {
	limit, err := number(r, "limit", DefaultPage, MaxPage)
	if err != nil {
		return err
	}
	before, err := number(r, "before", 0, 1<<62)
	if err != nil {
		return err
	}
	orders, next, err := s.store.recent(r.Context(), before, int(limit))
	if err != nil {
		return err
	}
	page := OrderPage{Orders: orders}
	if next > 0 {
		page.Next = fmt.Sprintf("/orders?limit=%d&before=%d", limit, next)
		w.Header().Set("Link", "<"+page.Next+`>; rel="next"`)
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, page)
}

// number reads a positive query parameter, or its default where it is not given.
func number(r *http.Request, name string, otherwise, most int64) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > most {
		return 0, problem(http.StatusBadRequest, "", fmt.Sprintf("use a whole number from 1 to %d for %s, or leave it out", most, name))
	}
	return n, nil
}
