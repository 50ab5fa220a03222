package sagas

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/millrace/millrace/bus"
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
	rows := make(map[string]map[string]bus.Record) // of each flow, the last ones
	for record, err := range b.Read(ctx, bus.Topic(group+".changelog"), bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			return nil, fmt.Errorf("sagas: inspect the group %q: %w", group, err)
		}
		part, own := strings.CutPrefix(string(record.Key), partPrefix)
		flow := part[:max(0, strings.IndexAny(part, "./"))]
		if !own || flow == "" || len(flows) > 0 && !slices.Contains(flows, flow) {
			continue
		}
		if rows[flow] == nil {
			rows[flow] = make(map[string]bus.Record)
		}
		rows[flow][fmt.Sprint(record.Partition)+"/"+string(record.Key)] = record
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

// inspect makes sagas of rows.
func (c *core) inspect(rows map[string]bus.Record) (Inspection, error) {
	one := Inspection{Flow: c.name}
	add := func(key string, past ended) {
		one.Sagas = append(one.Sagas, Inspected{
			Description: described(key, past.Head, past.Entries),
			History:     c.history(key, past.Head, past.Input, past.Entries, past.Result),
		})
	}
	past, err := c.ended.Rows(values(rows))
	if err != nil {
		return one, err
	}
	for key, saga := range past {
		add(key, saga)
	}
	heads, err := c.rows.Rows(values(rows))
	if err != nil {
		return one, err
	}
	pages, err := c.journal.Rows(values(rows))
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

func values(rows map[string]bus.Record) iter.Seq2[bus.Record, error] {
	return func(yield func(bus.Record, error) bool) {
		for _, record := range rows {
			if !yield(record, nil) {
				return
			}
		}
	}
}
