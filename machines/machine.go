package machines

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/looplab/fsm"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// ErrDefinition is found in the error of a machine that is defined wrongly.
var ErrDefinition = errors.New("machines: definition")

// Machine is a defined machine. It is data: what is wrong with it is in [Machine.Err], and in the error of whatever meets
// it first. It is safe for concurrent use.
type Machine[S, E ~string, D any] struct {
	spec   Spec[S, E, D]
	err    error
	moves  map[edge[S, E]]*Transition[S, E, D]
	events map[E]Event[E]
	ways   map[E]sending[E]
	tables []fsm.EventDesc
	fsms   sync.Pool

	rows    *partitions.Table[string, row[S, D]]
	timers  *partitions.Timer[string]
	ask     *partitions.Command[asked, answer[S, D]]
	expect  *partitions.Command[asked, answer[S, D]] // an ask with an expectation, of which owners of older versions know nothing
	made    bus.Event[Moved[S, E, D]]
	refused bus.Event[Refused[S, E]]
}

type edge[S, E ~string] struct {
	event E
	from  S
}

// Define makes a machine, and looks for what cannot be meant: states that nothing leads to, states that nothing leads out
// of and that are not final, two transitions for one event in one state, and unknown states.
func Define[S, E ~string, D any](spec Spec[S, E, D]) *Machine[S, E, D] {
	if spec.Version == 0 {
		spec.Version = 1
	}
	m := &Machine[S, E, D]{
		spec: spec, moves: make(map[edge[S, E]]*Transition[S, E, D]), events: make(map[E]Event[E]), ways: make(map[E]sending[E]),
	}
	if errs := m.check(); len(errs) > 0 {
		m.err = fmt.Errorf("%w: %q: %w", ErrDefinition, spec.Name, errors.Join(errs...))
		return m
	}
	for name, event := range m.events {
		m.ways[name] = event.define(spec.Name)
	}
	m.fsms.New = func() any { return fsm.NewFSM(string(spec.Start), m.tables, nil) }
	m.rows = partitions.NewTable[string, row[S, D]](m.part(""), partitions.Values[row[S, D]](rowCodec[S, D]{
		Codec: bus.JSON[row[S, D]](), version: spec.Version, upgrade: spec.Upgrade,
	}))
	m.timers = partitions.NewTimer(m.part(".timeouts"), m.expire)
	m.ask = partitions.NewCommand[asked, answer[S, D]](m.part(".ask"), func(a asked) string { return a.ID })
	m.expect = partitions.NewCommand[asked, answer[S, D]](m.part(".expect"), func(a asked) string { return a.ID })
	m.made = bus.Define(spec.Name+".transitioned", func(t Moved[S, E, D]) string { return t.ID },
		bus.InTopic(transitionsTopic(spec.Name)), bus.Aggregate(spec.Name))
	m.refused = bus.Define(spec.Name+".refused", func(r Refused[S, E]) string { return r.ID },
		bus.InTopic(transitionsTopic(spec.Name)), bus.Aggregate(spec.Name))
	for _, way := range m.ways {
		m.err = errors.Join(m.err, way.definition.Contract().Err())
	}
	m.err = errors.Join(m.err, m.made.Err(), m.refused.Err())
	return m
}

// part is the name of something of the machine's within a group.
func (m *Machine[S, E, D]) part(suffix string) string { return partPrefix + m.spec.Name + suffix }

const partPrefix = "machine."

// charts has a group's machines as they are drawn, in each shard.
var charts = partitions.NewTable[string, Chart]("machines")

// show puts the chart among what the shard tells of itself, unless a later version has.
func (m *Machine[S, E, D]) show(tx *partitions.Tx) error {
	chart := m.Chart()
	if shown, _ := charts.Get(tx, chart.Machine); shown.Version <= chart.Version && !reflect.DeepEqual(shown, chart) {
		charts.Put(tx, chart.Machine, chart)
	}
	return tx.Err()
}

// Name is the machine's name.
func (m *Machine[S, E, D]) Name() string { return m.spec.Name }

// Err says what is wrong with the definition, or nil.
func (m *Machine[S, E, D]) Err() error { return m.err }

// Contracts are the machine's events and what it publishes, for [bus.Bus.Verify]: the topic "<name>.events", and
// "<name>.transitions" with [Machine.Transitions] and [Machine.Refusals]. A wrong definition has none.
func (m *Machine[S, E, D]) Contracts() []bus.Definition {
	if m.err != nil {
		return nil
	}
	definitions := []bus.Definition{m.made, m.refused}
	for _, name := range slices.Sorted(maps.Keys(m.ways)) {
		definitions = append(definitions, m.ways[name].definition)
	}
	return definitions
}

// Transitions is the event that tells of each transition, in the order of the instance's versions.
func (m *Machine[S, E, D]) Transitions() bus.Event[Moved[S, E, D]] { return m.made }

// Refusals is the event that tells of each event that was not allowed.
func (m *Machine[S, E, D]) Refusals() bus.Event[Refused[S, E]] { return m.refused }

// Part is what a [partitions.Group] is given to run the machine. Its events come in the topic "<name>.events", which has
// as many partitions as the group's other inputs.
func (m *Machine[S, E, D]) Part() partitions.Option {
	if m.err != nil {
		return partitions.Invalid(m.err)
	}
	parts := []partitions.Option{
		partitions.Use(m.rows, m.timers, charts, transitions, refusals), partitions.Opened(m.show),
		partitions.Answer(m.ask, m.answer), partitions.Answer(m.expect, m.answer), partitions.TenantsApart(eventsTopic(m.spec.Name)),
	}
	for _, way := range m.ways {
		parts = append(parts, way.handle(m.handle))
	}
	return partitions.Options(parts...)
}
