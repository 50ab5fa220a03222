package push

import (
	"context"
	"errors"

	"github.com/millrace/millrace/observe"
)

var errReading = errors.New("the hub reads its history")

// Check is the health check "hub": it fails until the hub serves clients. Later it is well: while the cluster is out of reach
// clients stay connected.
func (h *Hub) Check() observe.Check {
	return observe.Check{Name: "hub", Ask: func(context.Context) error {
		select {
		case <-h.ready:
			return nil
		default:
			return errReading
		}
	}}
}
