package soak_test

import (
	"errors"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions"
)

// A lamp is the machine that every worker runs beside the counts: pressed it is on, and fades after a while unless it is
// dimmed; three presses of a dim lamp do what one does not.
type (
	lampState string
	lampEvent string
	lamp      struct {
		Presses int   `json:"presses"`
		Sum     int64 `json:"sum"`
	}
	pressing struct {
		N int64 `json:"n"`
	}
	dimming struct {
		N int64 `json:"n"`
	}
	fading struct{}

	lampInstance = machines.Instance[lampState, lamp]
)

func (pressing) Event() lampEvent { return "press" }
func (dimming) Event() lampEvent  { return "dim" }
func (fading) Event() lampEvent   { return "fade" }

const (
	lampGroup = group + "-lamps"

	lampOff lampState = "off"
	lampOn  lampState = "on"
	lampDim lampState = "dim"

	fadeAfter = 3 * time.Second
)

var lamps = machines.Define(machines.Spec[lampState, lampEvent, lamp]{
	Name: "lamp", Start: lampOff,
	On: []machines.Transition[lampState, lampEvent, lamp]{
		{Event: machines.On[pressing](), From: []lampState{lampOff}, To: lampOn, Do: machines.Do(press)},
		{Event: machines.On[pressing](), From: []lampState{lampDim}, To: lampOff, Guard: machines.Check(hard), Do: machines.Do(press)},
		{Event: machines.On[dimming](), From: []lampState{lampOn}, To: lampDim},
		{Event: machines.On[dimming](), From: []lampState{lampDim}, To: lampDim},
		{Event: machines.On[fading](), From: []lampState{lampOn}, To: lampOff},
	},
	After: []machines.Timeout[lampState, lampEvent]{{In: lampOn, After: fadeAfter, Event: machines.On[fading]()}},
})

func press(l lampInstance, p pressing) (lamp, machines.Effects) {
	return lamp{Presses: l.Data.Presses + 1, Sum: l.Data.Sum + p.N}, nil
}

func hard(_ lampInstance, p pressing) error {
	if p.N%3 != 0 {
		return errors.New("not pressed hard enough")
	}
	return nil
}

// lampProgram is the group of lamps.
func lampProgram(b *bus.Bus, where ...partitions.Option) (*partitions.Group, error) {
	return partitions.New(b, lampGroup, append(where, lamps.Part(), partitions.SessionTimeout(session), partitions.Lanes(2))...)
}
