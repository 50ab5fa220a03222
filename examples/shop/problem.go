package shop

import (
	"context"
	"errors"
	"net/http"

	"github.com/millrace/millrace/httpapi"
)

// problem is an answer by RFC 9457 whose detail says what to do.
func problem(status int, kind, detail string) *httpapi.Problem {
	p := &httpapi.Problem{Status: status, Detail: detail}
	if kind != "" {
		p.Type = "urn:millrace:shop:" + kind
	}
	return p
}

// translate says what the shop's errors are for clients. What is nobody's mistake but ours, such as a server that is away, may be tried again.
func translate(err error) *httpapi.Problem {
	switch {
	case errors.Is(err, ErrNotFound):
		return problem(http.StatusNotFound, "", "no order has this id; place it with POST /orders")
	case errors.Is(err, ErrConflict):
		return problem(http.StatusConflict, "order-conflict", "another order has this id; choose a new id, or send the same content as before")
	case errors.Is(err, context.Canceled):
		return nil
	}
	p := problem(http.StatusServiceUnavailable, "unavailable",
		"the shop cannot reach one of its servers; send the same request again, an order with the same id is placed once")
	p.Header = http.Header{"Retry-After": {"2"}}
	return p
}
