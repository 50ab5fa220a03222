package sagas

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

// Inspection is what a group's changelog has of a flow.
type Inspection struct {
	Flow string
	// Sagas are sorted by tenant and id.
	Sagas []Inspected
}

// Inspected is one saga: what there is to know of it, and all of it.
type Inspected struct {
	Description Description
	History     History
}

const partPrefix = "saga."

// Inspect reads the sagas of a group's flows, or of those that are named, as far as they are committed. It needs no node of the
// group and no definition, and reads all of the group's changelog.
func Inspect(ctx context.Context, b *bus.Bus, group string, flows ...string) ([]Inspection, error) {
	stored, err := partitions.ReadStored(ctx, b, group, func(r *bus.Record) bool {
		flow := flowOf(*r)
		return flow != "" && (len(flows) == 0 || slices.Contains(flows, flow))
	})
	if err != nil {
		return nil, fmt.Errorf("sagas: inspect: %w", err)
	}
	rows := make(map[string]partitions.Stored)
	for _, r := range stored {
		rows[flowOf(r)] = append(rows[flowOf(r)], r)
	}
	var inspected []Inspection
	for _, flow := range slices.Sorted(maps.Keys(rows)) {
		c := &core{name: flow, keep: usualKeep}
		c.define()
		one, err := c.inspect(rows[flow])
		if err != nil {
			return nil, fmt.Errorf("sagas: inspect the group %q: %w", group, err)
		}
		inspected = append(inspected, one)
	}
	return inspected, nil
}

// flowOf is the flow that a row is of, or nothing.
func flowOf(r bus.Record) string {
	part, own := strings.CutPrefix(string(r.Key), partPrefix)
	if !own {
		return ""
	}
	return part[:max(0, strings.IndexAny(part, "./"))]
}

// inspect makes sagas of rows.
func (c *core) inspect(rows partitions.Stored) (Inspection, error) {
	one := Inspection{Flow: c.name}
	add := func(key string, past ended) {
		one.Sagas = append(one.Sagas, Inspected{
			Description: described(key, past.Head, past.Entries),
			History:     c.history(key, past),
		})
	}
	past, err := c.ended.Rows(rows.All())
	if err != nil {
		return one, err
	}
	for key, saga := range past {
		add(key, saga)
	}
	heads, err := c.rows.Rows(rows.All())
	if err != nil {
		return one, err
	}
	pages, err := c.journal.Rows(rows.All())
	if err != nil {
		return one, err
	}
	alive := make(map[string]ended, len(heads))
	for _, at := range slices.Sorted(maps.Keys(pages)) {
		key, _, _ := strings.Cut(at, pageMark)
		saga := alive[key]
		if pages[at].Input != nil {
			saga.Input = *pages[at].Input
		}
		saga.Entries = append(saga.Entries, pages[at].Entries...)
		alive[key] = saga
	}
	for key, h := range heads {
		saga := alive[key]
		saga.Head = h
		add(key, saga)
	}
	slices.SortFunc(one.Sagas, func(a, b Inspected) int {
		return cmp.Or(cmp.Compare(a.Description.Tenant, b.Description.Tenant), cmp.Compare(a.Description.ID, b.Description.ID))
	})
	return one, nil
}
