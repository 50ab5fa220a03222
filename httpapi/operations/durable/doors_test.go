package durable_test

import (
	"errors"
	"time"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/machines"
)

type (
	state string
	event string
)

type opening struct {
	By string `json:"by" minLength:"2"`
}

type closing struct{}

func (opening) Event() event { return "open" }
func (closing) Event() event { return "close" }

// Check has what tags cannot say.
func (o opening) Check() []httpapi.Invalid {
	if o.By == "nobody" {
		return []httpapi.Invalid{{Pointer: "#/by", Detail: "say who it is"}}
	}
	return nil
}

type door struct {
	Last string `json:"last"`
}

var doors = machines.Define(machines.Spec[state, event, door]{
	Name: "door", Start: "closed",
	On: []machines.Transition[state, event, door]{
		{
			Event: machines.On[opening](), From: []state{"closed"}, To: "open",
			Guard: machines.Check(func(_ machines.Instance[state, door], o opening) error {
				if o.By == "thief" {
					return errors.New("it is locked")
				}
				return nil
			}),
			Do: machines.Do(func(_ machines.Instance[state, door], o opening) (door, machines.Effects) {
				return door{Last: o.By}, nil
			}),
		},
		{Event: machines.On[closing](), From: []state{"open"}, To: "closed"},
	},
	After: []machines.Timeout[state, event]{{In: "open", After: time.Hour, Event: machines.On[closing]()}},
})
