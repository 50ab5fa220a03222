package avro

import (
	"reflect"
	"slices"

	"github.com/hamba/avro/v2"

	"github.com/millrace/millrace/bus"
)

// records compares the fields of two records as readers find them: by name, or by alias.
func (c *comparison) records(was, is *avro.RecordSchema, path string) {
	matched := make(map[*avro.Field]bool)
	var older, newer []string
	for _, field := range was.Fields() {
		at := join(path, field.Name())
		found := find(field, is.Fields())
		if found == nil {
			if field.HasDefault() {
				c.note(bus.Unchecked, at, "removed")
			} else {
				c.note(bus.Forward, at, "removed, but consumers of the older version require it: it had no default")
			}
			continue
		}
		matched[found] = true
		older = append(older, found.Name())
		c.fields(field, found, was, is, path)
	}
	for _, field := range is.Fields() {
		switch {
		case matched[field]:
			newer = append(newer, field.Name())
		case field.HasDefault():
			c.note(bus.Unchecked, join(path, field.Name()), "added with a default")
		default:
			c.note(bus.Backward, join(path, field.Name()), "added without a default, but stored events do not have it")
		}
	}
	if !slices.Equal(older, newer) {
		c.note(bus.Unchecked, path, "the fields are in another order")
	}
}

// find is the newer field that reads an older one, or is read by it.
func find(older *avro.Field, newer []*avro.Field) *avro.Field {
	for _, field := range newer {
		if field.Name() == older.Name() {
			return field
		}
	}
	for _, field := range newer {
		if slices.Contains(field.Aliases(), older.Name()) || slices.Contains(older.Aliases(), field.Name()) {
			return field
		}
	}
	return nil
}

// fields compares two fields that stand for each other.
func (c *comparison) fields(older, newer *avro.Field, was, is *avro.RecordSchema, path string) {
	at := join(path, newer.Name())
	if older.Name() != newer.Name() {
		var breaks bus.Compatibility
		if source(newer, was.Fields()) != older && !newer.HasDefault() {
			breaks |= bus.Backward
		}
		if source(older, is.Fields()) != newer && !older.HasDefault() {
			breaks |= bus.Forward
		}
		c.note(breaks, at, "renamed from %s", older.Name())
	}
	switch {
	case older.HasDefault() && !newer.HasDefault():
		c.note(bus.Unchecked, at, "has no default any more")
	case !older.HasDefault() && newer.HasDefault():
		c.note(bus.Unchecked, at, "has a default now")
	case older.HasDefault() && !reflect.DeepEqual(older.Default(), newer.Default()):
		c.note(bus.Unchecked, at, "the default changed")
	}
	c.schemas(older.Type(), newer.Type(), at)
}

func (c *comparison) enums(was, is *avro.EnumSchema, path string) {
	lost := func(reader *avro.EnumSchema, breaks bus.Compatibility) bus.Compatibility {
		if reader.HasDefault() {
			return bus.Unchecked
		}
		return breaks
	}
	var older, newer []string
	for _, symbol := range was.Symbols() {
		if position(symbol, is) < 0 {
			c.note(lost(is, bus.Backward), path, "the symbol %s was removed", symbol)
		} else {
			older = append(older, symbol)
		}
	}
	for _, symbol := range is.Symbols() {
		if position(symbol, was) < 0 {
			c.note(lost(was, bus.Forward), path, "the symbol %s was added", symbol)
		} else {
			newer = append(newer, symbol)
		}
	}
	if !slices.Equal(older, newer) {
		c.note(bus.Unchecked, path, "the symbols are in another order")
	}
	if was.Default() != is.Default() {
		c.note(bus.Unchecked, path, "the default symbol changed from %q to %q", was.Default(), is.Default())
	}
}

// unions compares what a value may be. Branches of one kind are compared with each other.
func (c *comparison) unions(was, is []avro.Schema, path string) {
	reads := func(readers []avro.Schema, written avro.Schema) bool {
		return slices.ContainsFunc(readers, func(reader avro.Schema) bool { return c.rules.Compatible(reader, written) == nil })
	}
	partner := func(of avro.Schema, among []avro.Schema) int {
		return slices.IndexFunc(among, func(other avro.Schema) bool { return sameKind(of, other, false) || sameKind(other, of, false) })
	}
	var older, newer []int
	for _, before := range was {
		if at := partner(before, is); at >= 0 {
			older = append(older, at)
			c.schemas(before, is[at], path)
		} else {
			c.note(verdict(reads(is, before), bus.Backward), path, "can no longer be %s", nameOf(before))
		}
	}
	for i, after := range is {
		if partner(after, was) >= 0 {
			newer = append(newer, i)
		} else {
			c.note(verdict(reads(was, after), bus.Forward), path, "can be %s now", nameOf(after))
		}
	}
	if !slices.Equal(older, newer) {
		c.note(bus.Unchecked, path, "the branches of the union are in another order")
	}
}

func verdict(readable bool, breaks bus.Compatibility) bus.Compatibility {
	if readable {
		return bus.Unchecked
	}
	return breaks
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
