package soak_test

import (
	"context"
	"math/rand/v2"
	"strconv"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
)

const (
	lampCount = 40
	lampBurst = 5

	lampEvents      bus.Topic = "lamp.events"
	lampTransitions bus.Topic = "lamp.transitions"
)

// switches are random events for lamps.
func switches(chance *rand.Rand) []bus.Message {
	msgs := make([]bus.Message, lampBurst)
	for i := range msgs {
		var payload machines.Payload[lampEvent] = pressing{chance.Int64N(100)}
		if chance.IntN(3) == 0 {
			payload = dimming{chance.Int64N(100)}
		}
		msgs[i] = lamps.New("l"+strconv.Itoa(chance.IntN(lampCount)), payload)
	}
	return msgs
}

// lamps tells the oracle of lamps what has come since the last time: events first, and then what was made of them.
func (r *reader) lamps(ctx context.Context) error {
	if err := r.rest(ctx, lampEvents, r.lampEvent); err != nil {
		return err
	}
	return r.rest(ctx, lampTransitions, r.lampTold)
}

func (r *reader) lampEvent(record bus.Record) error {
	switch record.Type() {
	case "lamp.press":
		payload, err := bus.JSON[pressing]().Decode(record.Value)
		r.lampOracle.event(record.ID(), payload)
		return err
	default:
		payload, err := bus.JSON[dimming]().Decode(record.Value)
		r.lampOracle.event(record.ID(), payload)
		return err
	}
}

func (r *reader) lampTold(record bus.Record) error {
	if record.Type() == lamps.Refusals().Contract().Name() {
		refused, err := lamps.Refusals().Decode(record)
		if err == nil {
			r.lampOracle.refused(refused)
		}
		return err
	}
	moved, err := lamps.Transitions().Decode(record)
	if err == nil {
		r.lampOracle.moved(moved)
	}
	return err
}
