package shop

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/millrace/millrace/httpapi"
)

// problem is an answer by RFC 9457 whose detail says what to do.
func problem(status int, kind, detail string, wrong ...httpapi.Invalid) *httpapi.Problem {
	p := &httpapi.Problem{Status: status, Detail: detail}
	if kind != "" {
		p.Type = "urn:millrace:shop:" + kind
	}
	if len(wrong) > 0 {
		p.Extensions = []httpapi.Extension{httpapi.Extend("errors", wrong)}
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

func writeJSON[T any](w http.ResponseWriter, status int, v T) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err //nolint:wrapcheck // logged as it is
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client has gone
	return nil
}
