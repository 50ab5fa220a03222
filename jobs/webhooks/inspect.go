package webhooks

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// Inspection is what a group's changelog has of hooks.
type Inspection struct {
	Name string
	// Endpoints are sorted by tenant and id.
	Endpoints []Inspected
}

// Inspected is one endpoint.
type Inspected struct {
	Description

	// Log is its last attempts, and Given what was given up, the newest first.
	Log   []Attempt
	Given []Dead
	// Clear says that its secrets are stored in the clear.
	Clear bool
}

// Inspect reads the hooks of a group, or those that are named, as far as they are committed. It needs no node of the group, and reads
// all of the group's changelog. Secrets are not in it.
func Inspect(ctx context.Context, b *bus.Bus, group string, names ...string) ([]Inspection, error) {
	stored, err := partitions.ReadStored(ctx, b, group, func(r *bus.Record) bool {
		name := nameOf(*r)
		return name != "" && (len(names) == 0 || slices.Contains(names, name))
	})
	if err != nil {
		return nil, fmt.Errorf("webhooks: inspect: %w", err)
	}
	rows := make(map[string]partitions.Stored)
	for _, r := range stored {
		rows[nameOf(r)] = append(rows[nameOf(r)], r)
	}
	var inspected []Inspection
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		one, err := Define(name).inspect(rows[name])
		if err != nil {
			return nil, fmt.Errorf("webhooks: inspect the group %q: %w", group, err)
		}
		inspected = append(inspected, one)
	}
	return inspected, nil
}

// nameOf is the hooks that a row is of, or nothing.
func nameOf(r bus.Record) string {
	part, own := strings.CutPrefix(string(r.Key), partPrefix)
	name, _, dotted := strings.Cut(part, ".")
	if !own || !dotted {
		return ""
	}
	return name
}

func (h *Hooks) inspect(rows partitions.Stored) (Inspection, error) {
	one := Inspection{Name: h.name}
	endpoints, err := h.subscriptions.Rows(rows.All())
	if err != nil {
		return one, err
	}
	states, err := h.states.Rows(rows.All())
	if err != nil {
		return one, err
	}
	log, err := h.attempts.Rows(rows.All())
	if err != nil {
		return one, err
	}
	given, err := h.dead.Rows(rows.All())
	if err != nil {
		return one, err
	}
	all := make(map[string]*Inspected, len(endpoints))
	for key, row := range endpoints {
		all[key] = &Inspected{Description: described(row.Endpoint, states[key]), Clear: row.Secrets[0].Sealed.Key == ""}
	}
	for at, a := range log {
		if i := all[at[:strings.LastIndexByte(at, '/')]]; i != nil {
			i.Log = append(i.Log, a)
		}
	}
	for at, d := range given {
		if i := all[at[:strings.LastIndexByte(at, '/')]]; i != nil {
			i.Given = append(i.Given, d.Dead)
		}
	}
	for _, i := range all {
		slices.SortFunc(i.Log, newestAttempt)
		slices.SortFunc(i.Given, newestDead)
		one.Endpoints = append(one.Endpoints, *i)
	}
	slices.SortFunc(one.Endpoints, func(a, b Inspected) int {
		return cmp.Or(cmp.Compare(a.Endpoint.Tenant, b.Endpoint.Tenant), cmp.Compare(a.Endpoint.ID, b.Endpoint.ID))
	})
	return one, nil
}
