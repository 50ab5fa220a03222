package bank

import (
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/httpapi/operations/durable"
	"github.com/millrace/millrace/partitions"
)

// Withdrawal is what is taken from the account of a request's path.
type Withdrawal struct {
	Cents int `json:"cents" minimum:"1" maximum:"100000000"`
}

// Balance is what is left on an account.
type Balance struct {
	Cents int `json:"cents"`
}

// Routes serves the accounts of the group by HTTP, on any node, and what it serves as an OpenAPI document at /openapi.json. A withdrawal that
// has an Idempotency-Key is done once, however often and wherever it is sent. Who may do what, the function says.
func Routes(g *partitions.Group, log *slog.Logger, allow durable.Allow) (http.Handler, error) {
	errs, err := httpapi.NewErrors(log)
	if err != nil {
		return nil, err
	}
	steps := httpapi.Steps{Errors: errs}
	chain, err := httpapi.Chain(steps)
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Use(chain...)
	errs.Unrouted(r)
	api := operations.New(r, steps, operations.About{Title: "Bank", Version: "1"})
	durable.Command(api, g, "account", withdraw, func(account string, w Withdrawal) Amount { return Amount{account, w.Cents} }, allow,
		durable.Refused(poor, http.StatusConflict, "there is less on the account"))
	durable.Command(api, g, "account", balance, func(account string, _ operations.None) string { return account }, allow)
	return r, api.Publish("/openapi.json")
}
