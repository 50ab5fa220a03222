package shop

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// placeOrder answers POST /orders: 201 for a new order, 200 for one that is there with the same content. The header
// Server-Timing says how long the transaction took, in milliseconds.
func (s *Shop) placeOrder(w http.ResponseWriter, r *http.Request) error {
	draft, err := readDraft(w, r)
	if err != nil {
		return err
	}
	start := time.Now()
	state, created, err := s.store.place(r.Context(), draft)
	if err != nil {
		return err
	}
	w.Header().Set("Server-Timing", fmt.Sprintf("tx;dur=%.3f", float64(time.Since(start))/float64(time.Millisecond)))
	w.Header().Set("Location", "/orders/"+url.PathEscape(state.ID))
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return writeJSON(w, status, state)
}
