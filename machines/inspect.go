package machines

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

// Inspection is what a group's changelog has of a machine.
type Inspection struct {
	Chart Chart
	// Instances are sorted by tenant and id.
	Instances []Instance[string, json.RawMessage]
}

// Inspect reads the machines of a group, or those that are named, with what is committed of their instances. It needs no
// node of the group and no definition, and reads all of the group's changelog.
func Inspect(ctx context.Context, b *bus.Bus, group string, names ...string) ([]Inspection, error) {
	rows, err := partitions.ReadStored(ctx, b, group, func(r *bus.Record) bool {
		return charts.Has(*r) || strings.HasPrefix(string(r.Key), partPrefix)
	})
	if err != nil {
		return nil, fmt.Errorf("machines: inspect: %w", err)
	}
	found, err := charts.Rows(rows.All())
	if err != nil {
		return nil, fmt.Errorf("machines: inspect the group %q: %w", group, err)
	}
	var inspected []Inspection
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		table := partitions.NewTable[string, row[string, json.RawMessage]](partPrefix + name)
		stored, err := table.Rows(rows.All())
		if err != nil {
			return nil, fmt.Errorf("machines: inspect the group %q: %w", group, err)
		}
		one := Inspection{Chart: found[name]}
		for key, r := range stored {
			one.Instances = append(one.Instances, instanceOf(key, r))
		}
		slices.SortFunc(one.Instances, func(a, b Instance[string, json.RawMessage]) int {
			return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.ID, b.ID))
		})
		inspected = append(inspected, one)
	}
	return inspected, nil
}

// Told is one line of an instance's history: a transition, or a refusal.
type Told struct {
	Tenant  string
	Moved   *Moved[string, string, json.RawMessage]
	Refused *Refused[string, string]
}

// History iterates over what the topic "<machine>.transitions" tells of instances with an id, of all tenants, from its
// beginning until ctx ends, or until now with [bus.UntilEnd].
func History(ctx context.Context, b *bus.Bus, machine, id string, opts ...bus.ReadOption) iter.Seq2[Told, error] {
	moved := bus.Define(machine+".transitioned", func(m Moved[string, string, json.RawMessage]) string { return m.ID })
	refused := bus.Define(machine+".refused", func(r Refused[string, string]) string { return r.ID })
	return func(yield func(Told, error) bool) {
		for record, err := range b.Read(ctx, transitionsTopic(machine), append([]bus.ReadOption{bus.Earliest}, opts...)...) {
			if err != nil {
				yield(Told{}, fmt.Errorf("machines: history of %s %q: %w", machine, id, err))
				return
			}
			if string(record.Key) != id {
				continue
			}
			told := Told{Tenant: record.Tenant()}
			switch record.Type() {
			case moved.Contract().Name():
				var m Moved[string, string, json.RawMessage]
				m, err = moved.Decode(record)
				told.Moved = &m
			case refused.Contract().Name():
				var r Refused[string, string]
				r, err = refused.Decode(record)
				told.Refused = &r
			default:
				continue
			}
			if !yield(told, err) {
				return
			}
		}
	}
}

// New makes an event for an instance from its payload in JSON, as [Machine.New] does from a typed one.
func (c Chart) New(id, event string, payload json.RawMessage, opts ...bus.MessageOption) bus.Message {
	known := slices.ContainsFunc(c.Arrows, func(a Arrow) bool { return a.Event == event })
	if err := errors.Join(
		wrong(id == "" || len(id) > maxID, "machines: %s: an instance's id must be text of 1 to %d bytes", c.Machine, maxID),
		wrong(!known, "machines: %s has no event %q", c.Machine, event),
		wrong(!json.Valid(payload), "machines: %s: the payload of %q is not JSON", c.Machine, event),
	); err != nil {
		return bus.Invalid(resilience.Permanent(err))
	}
	return contractOf[json.RawMessage](c.Machine, event).New(bus.Addressed[json.RawMessage]{To: id, Value: payload}, opts...)
}

func wrong(is bool, text string, args ...any) error {
	if !is {
		return nil
	}
	return fmt.Errorf(text, args...)
}
