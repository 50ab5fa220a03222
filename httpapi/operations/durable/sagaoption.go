package durable

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/sagas"
)

// SagaOption changes the routes of a flow. See [Saga].
type SagaOption interface{ applySaga(*sagaConfig) }

type sagaConfig struct {
	config

	operators []string
	signals   []func(*operations.API, string, signaled)
}

type sagaOption func(*sagaConfig)

func (o sagaOption) applySaga(c *sagaConfig) { o(c) }

// Operators are the roles of which a principal must have one to cancel sagas: "operator" by default.
func Operators(roles ...string) SagaOption {
	return sagaOption(func(c *sagaConfig) {
		c.operators = roles
		if len(roles) == 0 {
			c.errs = append(c.errs, errors.New("Operators: name a role"))
		}
	})
}

// signaled is a flow as its signals are served.
type signaled struct {
	flow  sagas.Target
	name  string
	to    bus.Publisher
	allow Allow
}

// Signals serves a signal of the flow, whose body is its value.
func Signals[T any](signal *sagas.Signal[T]) SagaOption {
	return sagaOption(func(c *sagaConfig) {
		if signal == nil || signal.Err() != nil {
			c.errs = append(c.errs, errors.New("Signals: the signal is nil or defined wrongly"))
			return
		}
		c.signals = append(c.signals, func(api *operations.API, path string, of signaled) {
			name := signal.Name()
			operations.Serve(api, operations.Operation{
				Method: http.MethodPost, Path: path + "/signals/" + name, ID: operationID("signal", of.name, name), Tag: of.name,
				Summary: fmt.Sprintf("Sends %s to %s", name, of.name), Answers: accepted("the signal is on its way"),
			}, func(ctx context.Context, call operations.Call[at, T]) (a operations.Answer[operations.None], err error) {
				if err := of.allow.admit(ctx, Access{Verb: Signal, Of: of.name, ID: call.At.ID, Name: name}); err != nil {
					return a, err
				}
				return a, signal.Send(ctx, of.to, of.flow, call.At.ID, call.Body).Err()
			})
		})
	})
}

func sagaConfigOf(opts []SagaOption) sagaConfig {
	c := sagaConfig{operators: []string{"operator"}}
	for _, opt := range opts {
		if opt == nil {
			c.errs = append(c.errs, errNilOption)
			continue
		}
		opt.applySaga(&c)
	}
	return c
}
