package machines

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/millrace/millrace/bus"
	machine "github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions"
)

// part is what a group is given to run orders, and how an order is asked.
type part struct {
	option partitions.Option
	ask    func(ctx context.Context, g *partitions.Group, id string, p payload) (version int64, err error)
}

// side is one way of doing the work.
type side struct {
	name string
	part func(name string) part
}

func sides() []side { return []side{{"millrace", machineOf}, {"partitions", handlersOf}} }

func sideOf(name string) (side, error) {
	for _, s := range sides() {
		if s.name == name {
			return s, nil
		}
	}
	return side{}, fmt.Errorf("no such side: %q", name)
}

func machineOf(name string) part {
	m := machine.Define(spec(name))
	return part{option: m.Part(), ask: func(ctx context.Context, g *partitions.Group, id string, p payload) (int64, error) {
		is, err := m.Ask(ctx, g, id, p)
		return is.Version, err
	}}
}

// handlers are what one would write without a machine: a row, and a message for each transition.
type handlers struct {
	rows *partitions.Table[string, row]
	told bus.Event[moved]
}

type row struct {
	State   state `json:"state"`
	Version int64 `json:"version"`
	Data    order `json:"data"`
}

// asked is an event that somebody waits for.
type asked struct {
	ID      string          `json:"id"`
	Event   event           `json:"event"`
	Payload json.RawMessage `json:"payload"`
}

func handlersOf(name string) part {
	h := handlers{
		rows: partitions.NewTable[string, row]("orders"),
		told: bus.Define(name+".transitioned", func(m moved) string { return m.ID },
			bus.InTopic(bus.Topic(name+".transitions")), bus.Aggregate(name)),
	}
	ask := partitions.NewCommand[asked, row]("order.ask", func(a asked) string { return a.ID })
	return part{
		option: partitions.Options(
			partitions.Use(h.rows), on[adding](name, h), on[paying](name, h), on[reordering](name, h),
			partitions.Answer(ask, func(tx *partitions.Tx, a asked) (row, error) {
				p, err := decode(a)
				if err != nil {
					return row{}, err
				}
				return h.take(tx, a.ID, p)
			}),
		),
		ask: func(ctx context.Context, g *partitions.Group, id string, p payload) (int64, error) {
			raw, err := json.Marshal(p)
			if err != nil {
				return 0, err //nolint:wrapcheck // a bench
			}
			is, err := partitions.Ask(ctx, g, ask, asked{ID: id, Event: p.Event(), Payload: raw})
			return is.Version, err
		},
	}
}

// on handles an event that was published by the machine of that name.
func on[P payload](name string, h handlers) partitions.Option {
	var zero P
	sent := bus.Define(name+"."+string(zero.Event()), func(P) string { return "" },
		bus.InTopic(bus.Topic(name+".events")), bus.Aggregate(name))
	return partitions.On(sent, func(tx *partitions.Tx, p P) error {
		_, err := h.take(tx, string(tx.Record().Key), p)
		return err
	})
}

func decode(a asked) (p payload, err error) {
	switch a.Event {
	case add:
		p, err = bus.JSON[adding]().Decode(a.Payload)
	case pay:
		p, err = bus.JSON[paying]().Decode(a.Payload)
	default:
		p, err = bus.JSON[reordering]().Decode(a.Payload)
	}
	return p, err
}

// take lets an event happen.
func (h handlers) take(tx *partitions.Tx, id string, p payload) (row, error) {
	was, _ := h.rows.Get(tx, id)
	if was.Version == 0 {
		was.State = fresh
	}
	is, err := was.next(p)
	if err != nil {
		return was, err
	}
	h.rows.Put(tx, id, is)
	tx.Emit(h.told.New(moved{
		ID: id, From: was.State, Event: p.Event(), To: is.State, Version: is.Version, Data: is.Data, Cause: tx.Record().ID(), At: tx.Now(),
	}))
	return is, nil
}

// next is the row after an event.
func (r row) next(p payload) (row, error) {
	var err error
	switch e := p.(type) {
	case adding:
		err = priced(r.Data, e)
		r.State, r.Data = open, r.Data.added(e)
	case paying:
		err = enough(r.Data, e)
		r.State, r.Data = paid, r.Data.paid(e)
	default:
		r.State = open
	}
	r.Version++
	return r, err
}
