package shop

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/millrace/millrace/httpapi/operations"
)

// placeOrder answers POST /orders: 201 for a new order, 200 for one that is there with the same content. The header
// Server-Timing says how long the transaction took, in milliseconds.
func (s *Shop) placeOrder(ctx context.Context, asked operations.Call[operations.None, Draft]) (answer operations.Answer[OrderState], err error) {
	start := time.Now()
	state, created, err := s.store.place(ctx, asked.Body)
	if err != nil {
		return answer, err
	}
	answer.Body, answer.Status = state, http.StatusOK
	if created {
		answer.Status = http.StatusCreated
	}
	answer.Header = http.Header{
		"Server-Timing": {fmt.Sprintf("tx;dur=%.3f", float64(time.Since(start))/float64(time.Millisecond))},
		"Location":      {"/orders/" + url.PathEscape(state.ID)},
	}
	return answer, nil
}
