package protobuf

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/millrace/millrace/bus"
)

// enums compares two enums by number. Readers of a closed enum lose values that it does not name.
func (c *comparison) enums(was, is protoreflect.EnumDescriptor, at string) {
	pair := [2]protoreflect.FullName{was.FullName(), is.FullName()}
	if c.seen[pair] {
		return
	}
	c.seen[pair] = true
	if was.FullName() != is.FullName() {
		c.note(bus.Unchecked, at, "type renamed from %s to %s", was.FullName(), is.FullName())
	}
	switch {
	case was.IsClosed() && !is.IsClosed():
		c.note(bus.Forward, at, "the enum was closed and is open now")
	case !was.IsClosed() && is.IsClosed():
		c.note(bus.Backward, at, "the enum was open and is closed now")
	}
	for _, number := range valuesOf(was, is) {
		older, newer := was.Values().ByNumber(number), is.Values().ByNumber(number)
		switch {
		case newer == nil && !is.ReservedRanges().Has(number):
			c.note(bus.Full, at, "the value %s was removed, but its number %d is not reserved", older.Name(), number)
		case newer == nil:
			c.note(lost(is, bus.Backward), at, "the value %s was removed, its number %d is reserved", older.Name(), number)
		case older == nil && was.ReservedRanges().Has(number):
			c.note(bus.Full, at, "the value %s was added with the number %d, which was reserved", newer.Name(), number)
		case older == nil:
			c.note(lost(was, bus.Forward), at, "the value %s was added", newer.Name())
		case older.Name() != newer.Name():
			c.note(bus.Unchecked, at, "the value %s was renamed to %s", older.Name(), newer.Name())
		}
	}
}

// lost is what a value breaks that the reader's enum does not name.
func lost(reader protoreflect.EnumDescriptor, breaks bus.Compatibility) bus.Compatibility {
	if reader.IsClosed() {
		return breaks
	}
	return bus.Unchecked
}

func valuesOf(enums ...protoreflect.EnumDescriptor) []protoreflect.EnumNumber {
	all := make(map[protoreflect.EnumNumber]bool)
	for _, enum := range enums {
		for i := range enum.Values().Len() {
			all[enum.Values().Get(i).Number()] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func numbers(of map[protoreflect.FieldNumber]bool) []protoreflect.FieldNumber {
	return slices.Sorted(maps.Keys(of))
}

// typeOf is a field's type as it stands in a .proto file.
func typeOf(field protoreflect.FieldDescriptor) string {
	switch {
	case field.IsMap():
		return "map<" + typeOf(field.MapKey()) + ", " + typeOf(field.MapValue()) + ">"
	case field.Message() != nil:
		return string(field.Message().FullName())
	case field.Enum() != nil:
		return string(field.Enum().FullName())
	}
	return field.Kind().String()
}
