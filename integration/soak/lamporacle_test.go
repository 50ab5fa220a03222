package soak_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
)

// lampOracle folds what is told of lamps by the machine's own definition, and knows which events have come to an end.
type lampOracle struct {
	breaks func(format string, args ...any)
	sent   map[string]machines.Payload[lampEvent] // by the record's id, until they have an end
	ended  map[string]bool
	lamps  map[string]lampInstance
}

func newLampOracle(breaks func(format string, args ...any)) *lampOracle {
	return &lampOracle{
		breaks: breaks, sent: make(map[string]machines.Payload[lampEvent]), ended: make(map[string]bool), lamps: make(map[string]lampInstance),
	}
}

// event is told of each record of the topic of events.
func (o *lampOracle) event(id string, payload machines.Payload[lampEvent]) {
	if o.ended[id] || o.sent[id] != nil {
		o.breaks("lamp event %s is there twice", id)
	}
	o.sent[id] = payload
}

// end takes the event that something was told of; a time-out has none.
func (o *lampOracle) end(id, lamp string) machines.Payload[lampEvent] {
	payload, known := o.sent[id]
	switch {
	case id == "":
		return fading{}
	case o.ended[id]:
		o.breaks("lamp %s: event %s has two ends", lamp, id)
	case !known:
		o.breaks("lamp %s: event %s comes from nowhere", lamp, id)
	}
	o.ended[id] = true
	delete(o.sent, id)
	return payload
}

func (o *lampOracle) lamp(id string) lampInstance {
	is, known := o.lamps[id]
	if !known {
		return lampInstance{ID: id, State: lampOff}
	}
	return is
}

func (o *lampOracle) moved(m machines.Moved[lampState, lampEvent, lamp]) {
	was, payload := o.lamp(m.ID), o.end(m.Cause, m.ID)
	if payload == nil {
		return
	}
	if m.Cause == "" && m.At.Sub(was.Entered) < fadeAfter {
		o.breaks("lamp %s faded %s after it was on", m.ID, m.At.Sub(was.Entered))
	}
	was.At = m.At
	want, _, err := lamps.Decide(was, payload)
	is := lampInstance{ID: m.ID, State: m.To, Data: m.Data, Version: m.Version, Entered: m.At, At: m.At}
	if err != nil || is != want || m.From != was.State {
		o.breaks("lamp %s: %s after %+v leads to %+v, not to %+v, %v", m.ID, m.Event, was, want, m, err)
	}
	o.lamps[m.ID] = is
}

func (o *lampOracle) refused(r machines.Refused[lampState, lampEvent]) {
	was, payload := o.lamp(r.ID), o.end(r.Cause, r.ID)
	if payload == nil {
		return
	}
	if _, _, err := lamps.Decide(was, payload); err == nil || r.State != was.State || r.Version != was.Version {
		o.breaks("lamp %s: %s was refused of %+v as %+v, %v", r.ID, r.Event, was, r, err)
	}
}

// missing says what has not happened yet.
func (o *lampOracle) missing() string {
	if len(o.sent) > 0 {
		return fmt.Sprintf("%d lamp events have no end", len(o.sent))
	}
	for id, l := range o.lamps {
		if l.State == lampOn {
			return fmt.Sprintf("lamp %s has not faded", id)
		}
	}
	return ""
}

// stored compares the fold with the rows of the group's changelog.
func (o *lampOracle) stored(ctx context.Context, b *bus.Bus) error {
	found, err := machines.Inspect(ctx, b, lampGroup)
	if err != nil {
		return err
	}
	rows := make(map[string]lampInstance)
	for _, machine := range found {
		for _, i := range machine.Instances {
			is := lampInstance{ID: i.ID, State: lampState(i.State), Version: i.Version, Entered: i.Entered, At: i.Entered}
			if err := json.Unmarshal(i.Data, &is.Data); err != nil {
				return err
			}
			rows[i.ID] = is
		}
	}
	if !maps.EqualFunc(rows, o.lamps, func(a, b lampInstance) bool {
		return a.State == b.State && a.Data == b.Data && a.Version == b.Version && a.Entered.Equal(b.Entered)
	}) {
		o.breaks("the rows of lamps are %v, and their fold is %v", rows, o.lamps)
	}
	return nil
}
